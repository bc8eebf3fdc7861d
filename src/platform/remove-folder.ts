import { existsSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unescapeMountPath } from './mountinfo.js';
import { randomHex } from './random.js';

/** What the first half of a removal leaves behind when the process dies in between. */
const REMOVED_PREFIX = '.removed-';

/**
 * Deletes a folder with all that is in it. It is renamed first, so that nobody finds half of it, and deleted after. A mount
 * below it is never crossed: then nothing is deleted. Does nothing where the folder is missing. Throws what the file system
 * says, or which mount is in the way.
 */
export function removeFolder(path: string): void {
  const doomed = withdrawFolder(path);
  if (doomed !== undefined) rmSync(doomed, { recursive: true, force: true });
}

/**
 * The first half of `removeFolder`: renames it, to `doomed` where that is given, and returns where it is, for the caller to delete;
 * nothing where it is missing.
 */
export function withdrawFolder(path: string, doomed = toRemovedName(path)): string | undefined {
  if (!existsSync(path)) return undefined;
  const mount = findMountBelow(path, readFileSync('/proc/self/mountinfo', 'utf8'));
  if (mount !== undefined) throw new Error(`cannot remove ${path}: ${mount} is mounted in it`);
  try {
    renameSync(path, doomed);
  } catch (error) {
    // Another process removes it too.
    if (!existsSync(path)) return undefined;
    throw error;
  }
  return doomed;
}

function toRemovedName(path: string): string {
  return join(dirname(path), `${REMOVED_PREFIX}${basename(path).slice(0, 64)}-${randomHex(4)}`);
}

/** True for the name of a folder whose removal began and did not end. */
export function isRemovedName(name: string): boolean {
  return name.startsWith(REMOVED_PREFIX);
}

/** How long a rename may be followed by the deletion, and a row by its folder, ms. */
const YOUNG_MS = 60_000;

/**
 * True for what is gone, or was made (`mtimeMs`; of a folder: got or lost an entry) or renamed (`ctimeMs`) less than a minute ago:
 * another process may be at it.
 */
export function isYoung(path: string, time: 'mtimeMs' | 'ctimeMs'): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status === undefined || Date.now() - status[time] < YOUNG_MS;
}

/** The first mount point at or below `path` in the text of /proc/self/mountinfo. proc_pid_mountinfo(5), field 5. */
export function findMountBelow(path: string, mountinfo: string): string | undefined {
  return mountinfo
    .split('\n')
    .map((line) => unescapeMountPath(line.split(' ')[4] ?? ''))
    .find((mountPoint) => mountPoint === path || mountPoint.startsWith(`${path}/`));
}
