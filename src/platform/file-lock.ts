import { readFileSync, statSync } from 'node:fs';

/** Which files some process holds a flock(2) on, as /proc/locks says at one moment. proc_locks(5) */
export interface HeldLocks {
  /** True if the file at `path` is locked; false where it is missing. */
  isHeld(path: string): boolean;
}

/** Number, type, kind, access, process and file. */
const HELD = /^\d+: FLOCK +\S+ +\S+ +\S+ +(\S+)/gm;

/** Node has no flock(2), and to look is better than to try: a lock that is tried is held for a moment. */
export function readHeldLocks(): HeldLocks {
  const held = new Set<string>();
  // Who waits for a lock has an arrow before the type.
  for (const [, file = ''] of readFileSync('/proc/locks', 'utf8').matchAll(HELD)) held.add(file);
  return {
    isHeld: (path) => {
      const status = statSync(path, { throwIfNoEntry: false });
      return status !== undefined && held.has(formatFile(status.dev, status.ino));
    },
  };
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
