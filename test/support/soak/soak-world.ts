import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cgroupParentOf } from '../../../src/engine/system.js';
import { type ApartHost, makeApartHost } from '../apart-host.js';
import { type Daemon, openDaemon } from '../daemon.js';
import { readToEnd } from '../docker-frames.js';
import { type Gantry, openGantry } from '../gantry.js';
import type { EngineFolders } from '../leak-check.js';
import { readTextIfThere } from '../read-if-there.js';
import { makeSmallDisk } from '../small-disk.js';
import type { TerminalProgram } from '../terminal.js';

/** What is at work in a soak: a daemon, a screen and commands on one state root, on a host and a disk of their own. */
export interface SoakWorld {
  readonly host: ApartHost;
  /** Where the disk is mounted. */
  readonly disk: string;
  readonly engine: EngineFolders;
  readonly gantry: Gantry;
  readonly daemon: Daemon;
  readonly screen: TerminalProgram;
  /** Ids of mounts that the host has from its beginning: copies of the machine's, which go when others remove where they are. */
  readonly copiedMounts: ReadonlySet<string>;
  /** Where a process that is asked with SIGUSR2 writes what it has in memory: programs/tell-memory.ts */
  readonly memoryFolder: string;
  /** What whoever listens at a published port says. */
  hear(port: number): Promise<string>;
  /** Of the host's firewall. */
  listRules(): Promise<string>;
  /** The daemon and the screen end, all else stays. */
  end(): Promise<void>;
}

const DISK_MB = 768;
/** Paths of sockets have 107 bytes at most: unix(7). */
const PLACE = '/tmp/soak-';
const PROBE = new URL('../programs/tell-memory.js', import.meta.url);

/** All of it goes with the test. */
export async function openSoakWorld(t: Pick<TestContext, 'after'>): Promise<SoakWorld> {
  const undos: (() => void | Promise<void>)[] = [];
  // The last first: containers are removed while their host and their disk are there.
  const after = (undo: () => void | Promise<void>): void => void undos.unshift(undo);
  t.after(async () => {
    for (const undo of undos) await undo();
  });
  const place = mkdtempSync(PLACE);
  after(() => rmSync(place, { recursive: true, force: true }));
  const disk = makeSmallDisk(DISK_MB, join(place, 'd'));
  after(disk.remove);
  const settings = { folder: join(place, 'host'), hostname: 'soak', etc: {} };
  const host = await makeApartHost({ after }, settings);
  const copiedMounts = new Set(listMountIds(host.pid));
  await run([...host.by, 'mount', '-t', 'tmpfs', 'tmpfs', '/dev/shm']);
  const memoryFolder = join(place, 'memory');
  mkdirSync(memoryFolder);
  const probe = ['env', `NODE_OPTIONS=--import=${fileURLToPath(PROBE)}`, `GANTRY_TEST_MEMORY=${memoryFolder}`];
  const folder = join(disk.folder, 'g');
  const root = join(folder, 'root');
  mkdirSync(folder);
  const watched = openGantry([...host.by, ...probe], folder);
  const daemon = await openDaemon({ after }, watched);
  const screen = watched.startInTerminal([], { columns: 120, rows: 40 });
  const endScreen = async (): Promise<void> => {
    screen.kill();
    await screen.exited;
  };
  after(endScreen);
  return {
    ...{ host, daemon, screen, memoryFolder, copiedMounts },
    ...{ disk: disk.folder, gantry: openGantry(host.by, folder) },
    engine: { root, runRoot: join(folder, 'run'), cgroupParent: cgroupParentOf(root, '') },
    hear: (port) => run([...host.byNetwork, 'busybox', 'nc', '-w', '3', '127.0.0.1', String(port)]),
    listRules: () => run([...host.byNetwork, 'nft', 'list', 'ruleset']),
    end: async () => {
      await endScreen();
      await daemon.stop();
    },
  };
}

/** Of the mount namespace of a process. proc_pid_mountinfo(5) */
export function listMountIds(pid: number): readonly string[] {
  const lines = readTextIfThere(`/proc/${pid}/mountinfo`).split('\n');
  return lines.flatMap((line) => line.split(' ', 1)).filter((id) => id !== '');
}

/** What a command prints; what it complains of is nothing, for it is asked again. */
async function run([program = '', ...words]: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  return String(await readToEnd(child.stdout));
}
