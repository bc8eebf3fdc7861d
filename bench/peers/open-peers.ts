import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { messageOf } from '../../src/model/errors.js';
import { openDaemonPeer } from './daemon-peer.js';
import { openDockerPeer } from './docker-peer.js';
import { openGantryPeer } from './gantry-peer.js';
import type { OpenPeer, Peer, PeerSettings } from './peer.js';
import { openPodmanPeer } from './podman-peer.js';
import { openRuncPeer } from './runc-peer.js';

const PEERS = {
  gantry: openGantryPeer,
  daemon: openDaemonPeer,
  runc: openRuncPeer,
  podman: openPodmanPeer,
  docker: openDockerPeer,
} as const satisfies Record<string, OpenPeer>;

export type PeerName = keyof typeof PEERS;

/** The peers that can take part, and why others do not. */
export interface OpenedPeers {
  readonly peers: readonly Peer[];
  readonly skipped: readonly string[];
  /** Static busybox, for what runs without a container. */
  readonly busybox: string;
  /** What all were opened with, and a folder beside theirs. */
  readonly settings: PeerSettings;
  /** Where the peers have networks: what measures them, which is in their image too. */
  readonly networkProbe?: string;
  /** Once all peers are closed. */
  removeFolder(): void;
}

/** Those that are this repository's. */
const OWN: readonly PeerName[] = ['gantry', 'daemon'];

/** Opens every peer that this host has, each with state below one new folder. Throws where gantry or busybox is missing. */
export async function openPeers(names: readonly PeerName[], network: PeerSettings['network']): Promise<OpenedPeers> {
  const { folder, busybox, ...common } = makeBenchFolder(network === 'bridge' ? ['network-probe'] : []);
  const peers: Peer[] = [];
  const skipped: string[] = [];
  for (const name of names) {
    const settings: PeerSettings = { ...common, network, folder: join(folder, name) };
    mkdirSync(settings.folder);
    try {
      const peer = await PEERS[name](settings);
      if (peer === undefined) skipped.push(`${name}: not installed`);
      else peers.push(peer);
    } catch (error) {
      if (OWN.includes(name)) throw error;
      skipped.push(`${name}: ${messageOf(error)}`);
    }
  }
  const networkProbe = network === 'bridge' ? join(common.rootfs, 'bin/network-probe') : undefined;
  return {
    ...{ peers, skipped, busybox },
    settings: { ...common, network, folder },
    ...(networkProbe && { networkProbe }),
    removeFolder: () => rmSync(folder, { recursive: true }),
  };
}

/**
 * A new folder with the root file system that all take, and programs of bench/programs in it. Throws where there is no static busybox,
 * or no compiler for the programs.
 */
export function makeBenchFolder(programs: readonly string[] = []): PeerSettings & { readonly busybox: string } {
  const host = probeHost();
  const busybox = host.findCommand('busybox');
  if (busybox === undefined || !host.isStaticProgram(busybox)) throw new Error('needs a static busybox on PATH');
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
  return {
    folder,
    busybox,
    ...makeRootfs(folder, busybox, programs),
    uniqueName: basename(folder).toLowerCase(),
    network: 'none',
  };
}

/** One static program with its links, as a folder and as a tar. */
function makeRootfs(
  folder: string,
  busybox: string,
  programs: readonly string[],
): Pick<PeerSettings, 'rootfs' | 'rootfsTar'> {
  const rootfs = join(folder, 'rootfs');
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp']) mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  for (const name of ['true', 'sh', 'sleep']) symlinkSync('busybox', join(rootfs, 'bin', name));
  for (const name of programs) compileBenchProgram(name, join(rootfs, 'bin'));
  const rootfsTar = join(folder, 'rootfs.tar');
  execFileSync('tar', ['-C', rootfs, '-cf', rootfsTar, '.']);
  return { rootfs, rootfsTar };
}

/** Compiles bench/programs/NAME.c into a folder; its path. Throws where there is no compiler. */
export function compileBenchProgram(name: string, folder: string): string {
  const program = join(folder, name);
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-static', '-o', program, join('bench/programs', `${name}.c`)]);
  return program;
}
