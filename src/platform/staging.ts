import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from './kernel-file.js';

/**
 * A folder in which files and folders are made before a rename commits them, and to which they are renamed before they are
 * deleted. What a process leaves in it when it dies is known by its name and goes at the next `sweep`. It must be on the
 * file system of what is committed.
 */
export interface Staging {
  /** Names this process, as `isAlive` takes it. */
  readonly owner: string;
  /** A path that nobody else gets; nothing is there yet. */
  path(): string;
  /** Renames what is at `path` into the staging folder and returns where it is; the caller deletes it. Throws ENOENT. */
  withdraw(path: string): string;
  /** The same; undefined where nothing is there. */
  withdrawIfThere(path: string): string | undefined;
  /** What processes left that have ended. */
  abandoned(): readonly string[];
  /** Gives that to this process, which deletes it: nobody else takes it for left any more. */
  adopt(): readonly string[];
}

const OWNER = /^(\d+)-(\d+)/;

/** Makes the folder if it is missing. */
export function openStaging(folder: string): Staging {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const self = ownName();
  let count = 0;
  // Two areas of one process can share a folder.
  const first = process.hrtime.bigint();
  const nextPath = () => join(folder, `${self}-${first + BigInt(count++)}`);
  const withdraw = (path: string): string => {
    const place = nextPath();
    renameSync(path, place);
    return place;
  };
  const withdrawIfThere = (path: string): string | undefined => {
    try {
      return withdraw(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
  const abandoned = () =>
    readdirSync(folder)
      .filter((name) => !isAlive(name))
      .map((name) => join(folder, name));
  return {
    owner: self,
    path: nextPath,
    withdraw,
    withdrawIfThere,
    abandoned,
    // Another process may have adopted it first.
    adopt: () => abandoned().flatMap((path) => withdrawIfThere(path) ?? []),
  };
}

/** Deletes a file, or a folder with few files in it; what is not there is fine. */
export function removeSmall(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Names this process, as `isAlive` takes it. */
export function ownName(): string {
  return `${process.pid}-${readStartTicks(process.pid)}`;
}

/** True while the process lives that an owner's name, or a name in the staging folder, begins with. */
export function isAlive(owner: string): boolean {
  const match = OWNER.exec(owner);
  return match !== null && readStartTicks(Number(match[1])) === Number(match[2]);
}

/** Field 22 of /proc/PID/stat, proc_pid_stat(5); 0 for a process that has ended. */
function readStartTicks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    // The process has ended.
    return 0;
  }
}
