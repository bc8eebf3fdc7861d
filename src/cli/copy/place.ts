import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../cli-error.js';
import { parentOf } from './extract-tar.js';

/** As many links as the kernel follows. path_resolution(7) */
const MAX_LINKS = 40;

export interface CopySource {
  readonly name: string;
  readonly isDirectory: boolean;
  /** `dir/.`: what is in the directory, not the directory. */
  readonly contents: boolean;
  /** The target was written with a slash at its end. */
  readonly mustBeDirectory: boolean;
}

/** The directory to write in, and the name there; an empty name: the contents land in it. */
export interface Place {
  readonly root: string;
  readonly name: string;
}

/** Where a copy lands on the host. */
export async function placeOnHost(asked: string, source: CopySource): Promise<Place> {
  const target = await followHostLinks(asked);
  const existing = await stat(target).catch(() => undefined);
  const parent = existing === undefined ? await stat(parentOf(target)).catch(() => undefined) : existing;
  if (parent === undefined) {
    throw new CliError(`invalid output path: directory "${parentOf(target)}" does not exist`);
  }
  return place(target, existing === undefined ? 'missing' : existing.isDirectory() ? 'directory' : 'file', source);
}

/** Where the links at a path of the host lead; what is there, or would be, is what is written. */
export async function followHostLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const stats = await lstat(target).catch(() => undefined);
    if (stats?.isSymbolicLink() !== true) return target;
    target = resolve(dirname(target), await readlink(target));
  }
  throw new CliError(`too many links at ${path}`);
}

/** Docker's rules for where a copy lands: docs of `docker container cp`. */
export function place(target: string, existing: 'missing' | 'directory' | 'file', source: CopySource): Place {
  const made = { root: dirname(target), name: basename(target) };
  switch (existing) {
    case 'directory':
      return { root: target, name: source.isDirectory && source.contents ? '' : source.name };
    case 'file':
      if (source.isDirectory) {
        throw new CliError('cannot copy directory');
      }
      if (source.mustBeDirectory) {
        throw new CliError('not a directory');
      }
      return made;
    case 'missing':
      if (source.mustBeDirectory && !source.isDirectory) {
        throw new CliError('no such directory');
      }
      return made;
  }
}

export function endsWithDot(path: string): boolean {
  return path === '.' || path.endsWith('/.');
}

export function trimEnd(path: string): string {
  return path.replace(/(\/\.?)+$/, '') || '/';
}

export function nameOf(path: string): string {
  return basename(trimEnd(join('/', path)));
}
