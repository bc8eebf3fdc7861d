import { readFileSync, statSync } from 'node:fs';
import { isProcessAlive } from './proc.js';

/** Process and start time, clock ticks after boot. */
const HOLDER = /^(\d+) (\d+)\n/;
const FREE = 'free\n';

/**
 * True while a process holds the lock that the file at `path` is; false where the file is missing. A monitor takes it by flock(2),
 * writes who it is into the file, and `free` before it gives the lock back. What says neither is looked up in the kernel's list.
 * Node has no flock(2), and to look is better than to try: a lock that is tried is held for a moment.
 */
export function isLocked(path: string): boolean {
  const text = readOrEmpty(path);
  if (text.startsWith(FREE)) return false;
  const [, pid, startTicks] = HOLDER.exec(text) ?? [];
  if (pid === undefined) return isFlocked(path);
  return isProcessAlive({ pid: Number(pid), startTicks: Number(startTicks) });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Number, type, kind, access, process and file; who waits for a lock has an arrow before the type. proc_locks(5) */
const FLOCK = /^\d+: FLOCK +\S+ +\S+ +\S+ +(\S+)/gm;

/** The kernel stops all that lock files to make its list: some 10 ms for the first who asks, in which this process waits. */
function isFlocked(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return false;
  const file = formatFile(status.dev, status.ino);
  return [...readFileSync('/proc/locks', 'utf8').matchAll(FLOCK)].some(([, locked]) => locked === file);
}

/** `MAJOR:MINOR:INODE`, the first two in hexadecimal, as the kernel prints it. makedev(3) */
function formatFile(dev: number, inode: number): string {
  const device = BigInt(dev);
  const major = ((device >> 32n) & 0xfffff000n) | ((device >> 8n) & 0xfffn);
  const minor = ((device >> 12n) & 0xffffff00n) | (device & 0xffn);
  return `${hex(major)}:${hex(minor)}:${inode}`;
}

function hex(number: bigint): string {
  return number.toString(16).padStart(2, '0');
}
