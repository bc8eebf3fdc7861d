import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { messageOf } from '../../src/model/errors.js';
import { GANTRY_ARGS } from '../../test/support/gantry.js';
import { startDockerd } from '../peers/dockerd.js';
import { unmountBelow } from '../peers/server-process.js';
import { dockerCommands, type ImagePeer } from './image-peer.js';

type OpenImagePeer = (folder: string, uniqueName: string) => Promise<ImagePeer | undefined> | ImagePeer | undefined;

const IMAGE_PEERS = {
  gantry: openGantry,
  dockerd: openDockerd,
  podman: openPodman,
} as const satisfies Record<string, OpenImagePeer>;

export type ImagePeerName = keyof typeof IMAGE_PEERS;

/** One peer with its state in the folder, or why it cannot take part. */
export async function openImagePeer(
  name: ImagePeerName,
  folder: string,
  uniqueName: string,
): Promise<ImagePeer | string> {
  try {
    return (await IMAGE_PEERS[name](folder, uniqueName)) ?? `${name}: not installed`;
  } catch (error) {
    if (name === 'gantry') throw error;
    return `${name}: ${messageOf(error)}`;
  }
}

function openGantry(folder: string): ImagePeer {
  const base = [process.execPath, ...GANTRY_ARGS, '--root', join(folder, 'root'), '--run-root', join(folder, 'run')];
  return { ...dockerCommands(base), name: 'gantry', daemons: [], close: () => undefined };
}

async function openDockerd(folder: string, uniqueName: string): Promise<ImagePeer | undefined> {
  const dockerd = await startDockerd(folder, uniqueName);
  if (dockerd === undefined) return undefined;
  return { ...dockerCommands(dockerd.client), name: 'dockerd', daemons: [dockerd.pid], close: dockerd.close };
}

function openPodman(folder: string): ImagePeer | undefined {
  const podman = probeHost().findCommand('podman');
  if (podman === undefined) return undefined;
  // Large blobs go through a temporary folder, which must lie on the same disk as everything else.
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const state = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--cgroup-manager', 'cgroupfs'];
  return {
    ...dockerCommands(['env', `TMPDIR=${temporary}`, podman, ...state], { insecurePull: ['--tls-verify=false'] }),
    name: 'podman',
    daemons: [],
    close: () => {
      execFileSync(podman, [...state, 'system', 'reset', '--force'], { stdio: 'ignore' });
      unmountBelow(folder);
    },
  };
}
