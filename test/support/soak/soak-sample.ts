import { readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listDescriptors, readResidentBytes } from '../daemon.js';
import { listCgroups } from '../engine-world.js';
import { listCgroupFolders, listProcessesOf } from '../leak-check.js';
import { readLinkIfThere, readNamesIfThere, readTextIfThere } from '../read-if-there.js';
import { waitUntil } from '../wait-until.js';
import { listMountIds, type SoakWorld } from './soak-world.js';

/** What must be after each piece of a soak what it was before the first. */
export const COUNTED = [
  'descriptors of the daemon',
  'descriptors of the screen',
  'inotify instances of both',
  'processes',
  'cgroups',
  'mounts',
  'network interfaces',
  'network namespaces',
  'lines of nft rules',
  'sockets in the file system',
  'objects in /dev/shm',
  'loop devices',
  'inodes of the disk',
] as const;

export type Counts = Readonly<Record<(typeof COUNTED)[number], number>>;

/** Of one process, bytes. */
export interface Memory {
  /** What its objects have when all garbage has been collected: programs/tell-memory.ts */
  readonly live: number;
  readonly resident: number;
  readonly proportional: number;
}

/** What there is while nothing is at work. */
export interface Sample {
  /** How many cycles there have been. */
  readonly cycles: number;
  readonly seconds: number;
  readonly counts: Counts;
  /** All files of the disk. */
  readonly paths: readonly string[];
  readonly daemon: Memory;
  readonly screen: Memory;
  /** Bytes of the disk that are used, and of them those of the state database. */
  readonly diskBytes: number;
  readonly databaseBytes: number;
  /** Of the whole machine, where others may be at work too. */
  readonly machine: { readonly slabBytes: number; readonly memoryCgroups: number };
}

/** Looks at once. */
export async function countAll(world: SoakWorld): Promise<Counts> {
  const { host, daemon, screen, disk, engine } = world;
  const rules = await world.listRules();
  const descriptors = [daemon, screen].map(({ pid }) => listDescriptors(pid));
  const pids = listProcesses(world);
  const { files, ffree } = statfsSync(disk);
  const sockets = readTextIfThere(`/proc/${host.pid}/net/unix`).split('\n');
  return {
    'descriptors of the daemon': descriptors[0]?.length ?? 0,
    'descriptors of the screen': descriptors[1]?.length ?? 0,
    'inotify instances of both': descriptors.flat().filter((name) => name.includes('inotify')).length,
    processes: pids.length,
    // Their parent goes with whichever engine is the last to close.
    cgroups: listCgroupFolders(engine.cgroupParent).length - listCgroups(engine.cgroupParent).length,
    mounts: listMountIds(host.pid).filter((id) => !world.copiedMounts.has(id)).length,
    'network interfaces': countLines(`/proc/${host.pid}/net/dev`) - HEADINGS,
    'network namespaces': new Set(pids.map((pid) => readLinkIfThere(`/proc/${pid}/ns/net`))).size,
    'lines of nft rules': rules.split('\n').length - 1,
    'sockets in the file system': sockets.filter((line) => line.includes(engine.runRoot)).length,
    'objects in /dev/shm': readNamesIfThere(`/proc/${host.pid}/root/dev/shm`).length,
    'loop devices': countLoops(disk),
    'inodes of the disk': files - ffree,
  };
}

/** Of net/dev. */
const HEADINGS = 2;

/** How long what has ended may take to go, ms: namespaces and cgroups do so later than the processes in them. */
const SETTLE_MS = 20_000;
/** Without another count for so long nothing is under way, ms. */
const QUIET_MS = 1_000;

/**
 * Waits for the counts to be those that are wanted, or, without any, to stay as they are. What has not come back by then is in
 * the sample all the same.
 */
export async function takeSample(
  world: SoakWorld,
  { cycles, startedAtMs, wanted }: { readonly cycles: number; readonly startedAtMs: number; readonly wanted?: Counts },
): Promise<Sample> {
  await waitUntil(
    'the counts',
    wanted ? async () => listChanges(wanted, await countAll(world)).length === 0 : waitForQuiet(world),
    SETTLE_MS,
  ).catch(() => undefined);
  const { disk, engine, daemon, screen } = world;
  const memory = [await readMemory(world, daemon.pid), await readMemory(world, screen.pid)] as const;
  const { blocks, bfree, bsize } = statfsSync(disk);
  return {
    cycles,
    seconds: (Date.now() - startedAtMs) / 1000,
    counts: await countAll(world),
    paths: readdirSync(disk, { recursive: true, encoding: 'utf8' }),
    ...{ daemon: memory[0], screen: memory[1] },
    diskBytes: (blocks - bfree) * bsize,
    databaseBytes: ['', '-wal', '-shm'].reduce((sum, end) => sum + sizeOf(join(engine.root, `state.db${end}`)), 0),
    machine: { slabBytes: readSlabBytes(), memoryCgroups: readMemoryCgroups() },
  };
}

/** Names of the counts that differ, with both. */
export function listChanges(before: Counts, after: Counts): readonly string[] {
  const changed = COUNTED.filter((name) => before[name] !== after[name]);
  return changed.map((name) => `${name}: ${before[name]} before, ${after[name]} after`);
}

/** True when the counts have not changed for a while. */
function waitForQuiet(world: SoakWorld): () => Promise<boolean> {
  let last: Counts | undefined;
  let since = 0;
  return async () => {
    const counts = await countAll(world);
    if (last === undefined || listChanges(last, counts).length > 0) since = Date.now();
    last = counts;
    return Date.now() - since > QUIET_MS;
  };
}

async function readMemory({ memoryFolder }: SoakWorld, pid: number): Promise<Memory> {
  const path = join(memoryFolder, `${pid}`);
  rmSync(path, { force: true });
  process.kill(pid, 'SIGUSR2');
  const text = await waitUntil('what a process has in memory', () => readTextIfThere(path) || undefined);
  const [, proportional] = /^Pss:\s+(\d+) kB$/m.exec(readTextIfThere(`/proc/${pid}/smaps_rollup`)) ?? [];
  return { live: Number(text), resident: readResidentBytes(pid), proportional: Number(proportional) * 1024 };
}

/** In the host's mount namespace, in a cgroup of the engine, or a monitor. */
function listProcesses({ host, engine }: SoakWorld): readonly string[] {
  const ours = readLinkIfThere(`/proc/${host.pid}/ns/mnt`);
  const inside = readNamesIfThere('/proc').filter((pid) => readLinkIfThere(`/proc/${pid}/ns/mnt`) === ours);
  return [...new Set([...inside, ...listProcessesOf(engine)])];
}

/** That have a file of the disk. */
function countLoops(disk: string): number {
  const files = readNamesIfThere('/sys/block').map((name) => readTextIfThere(`/sys/block/${name}/loop/backing_file`));
  return files.filter((file) => file.startsWith(disk)).length;
}

function readSlabBytes(): number {
  const [, kilobytes] = /^Slab:\s+(\d+) kB$/m.exec(readTextIfThere('/proc/meminfo')) ?? [];
  return Number(kilobytes) * 1024;
}

/** With those that have been removed and hold a page yet: cgroups(7), proc_cgroups. */
function readMemoryCgroups(): number {
  const [, count] = /^memory\t\d+\t(\d+)/m.exec(readTextIfThere('/proc/cgroups')) ?? [];
  return Number(count);
}

function countLines(path: string): number {
  return readTextIfThere(path).split('\n').length - 1;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
