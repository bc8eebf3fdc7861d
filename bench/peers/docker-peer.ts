import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { listChildren } from '../../test/support/list-children.js';
import { createDockerApi } from './docker-api.js';
import { startDockerd } from './dockerd.js';
import type { Peer, PeerSettings } from './peer.js';

export async function openDockerPeer(settings: PeerSettings): Promise<Peer | undefined> {
  const { folder, rootfsTar, uniqueName, network } = settings;
  const dockerd = await startDockerd(folder, uniqueName, network);
  if (dockerd === undefined) return undefined;
  const [docker, ...words] = dockerd.client;
  try {
    execFileSync(docker, [...words, 'import', rootfsTar, uniqueName], { stdio: 'pipe' });
  } catch (error) {
    await dockerd.close();
    throw error;
  }
  const api = createDockerApi(dockerd.socket, uniqueName, { NetworkMode: network });
  return {
    ...api,
    api,
    ...(network === 'bridge' && { network: { find: api.findPlace, hostPid: dockerd.pid } }),
    name: 'dockerd (its API)',
    commands: {
      runTrue: [...dockerd.client, 'run', '--rm', '--network', 'none', uniqueName, 'true'],
      ps: [...dockerd.client, 'ps'],
    },
    keepers: (id) => listShims(dockerd.pid, id),
    servers: () => [dockerd.pid, ...listChildren(dockerd.pid).filter(isContainerd)],
    close: dockerd.close,
  };
}

/** It starts one of its own; shims are children of others. */
function isContainerd(pid: number): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'containerd';
}

function listShims(daemon: number, id: string): readonly number[] {
  const isShim = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(id);
  // A shim is a child of the host's first process, or of the daemon's nearest subreaper.
  return [...listChildren(1), ...listChildren(daemon)].filter(isShim);
}
