import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { listChildren } from '../../test/support/list-children.js';
import { answersPing, createDockerApi } from './docker-api.js';
import type { Peer, PeerSettings } from './peer.js';
import { removeCgroups, startServer, unmountBelow } from './server-process.js';

/** A daemon of the benchmark's own: it makes no bridge and no firewall rules, and all its state is in the folder. */
export async function openDockerPeer(settings: PeerSettings): Promise<Peer | undefined> {
  const host = probeHost();
  const [dockerd, docker] = [host.findCommand('dockerd'), host.findCommand('docker')];
  if (dockerd === undefined || docker === undefined) return undefined;
  const { folder, rootfsTar, uniqueName } = settings;
  const socket = join(folder, 'docker.sock');
  const cgroupParent = `/${uniqueName}-docker`;
  writeFileSync(join(folder, 'daemon.json'), '{}');
  const args = [
    ...['--config-file', join(folder, 'daemon.json'), '--data-root', join(folder, 'data')],
    ...['--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', `unix://${socket}`],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--cgroup-parent', cgroupParent],
  ];
  const server = await startServer({ program: dockerd, args, folder, isReady: () => answersPing(socket) });
  const close = async () => {
    await server.stop();
    unmountBelow(folder);
    await removeCgroups(cgroupParent);
  };
  try {
    execFileSync(docker, ['-H', `unix://${socket}`, 'import', rootfsTar, uniqueName], { stdio: 'pipe' });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...createDockerApi(socket, uniqueName, {}),
    name: 'dockerd (its API)',
    commands: {
      runTrue: [docker, '-H', `unix://${socket}`, 'run', '--rm', '--network', 'none', uniqueName, 'true'],
      ps: [docker, '-H', `unix://${socket}`, 'ps'],
    },
    keepers: (id) => listShims(server.pid, id),
    close,
  };
}

function listShims(daemon: number, id: string): readonly number[] {
  const isShim = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(id);
  // A shim is a child of the host's first process, or of the daemon's nearest subreaper.
  return [...listChildren(1), ...listChildren(daemon)].filter(isShim);
}
