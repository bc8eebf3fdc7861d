import { posix } from 'node:path';
import { EngineError } from '../../../model/errors.js';
import { KernelFileError, type KernelFiles } from '../../../platform/kernel-file.js';
import type { CgroupName } from './driver.js';

/** `/gantry/<id>`, below each hierarchy's base. Throws invalid-argument for a parent that could lead elsewhere. */
export function toGroupPath(name: CgroupName, defaultParent: string): string {
  const parent = name.parent ?? defaultParent;
  const parts = `${parent}/${name.id}`.split('/').filter(Boolean);
  const isTop = parent === '/' && parts.length === 1;
  if ((parts.length < 2 && !isTop) || parts.some((part) => part === '.' || part === '..' || part.includes('\0'))) {
    throw new EngineError('invalid-argument', `invalid cgroup parent "${parent}": use a path such as /gantry`);
  }
  return `/${parts.join('/')}`;
}

/** Makes every level of `path` below `base` that is missing but the last, and calls `onLevel` for each of them. */
function makeParents(files: KernelFiles, base: string, path: string, onLevel: (folder: string) => void): void {
  let folder = base;
  for (const part of path.split('/').filter(Boolean).slice(0, -1)) {
    folder = posix.join(folder, part);
    files.makeDirectory(folder);
    onLevel(folder);
  }
}

/** Where in a hierarchy, and what to do at each folder that is made or found on the way. */
export interface GroupPlace {
  readonly base: string;
  readonly path: string;
  onLevel(folder: string): void;
}

/** Makes a group's own folder where the one above it is there, as it nearly always is; false where it is not. */
export function makeGroupFolder(files: KernelFiles, folder: string): boolean {
  try {
    makeOwnFolder(files, folder);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Makes a group's folder and those above it. */
export function makeGroupFolders(files: KernelFiles, { base, path, onLevel }: GroupPlace): void {
  doWhileGone(() => {
    makeParents(files, base, path, onLevel);
    makeOwnFolder(files, posix.join(base, path));
  });
}

/** What `look` finds in the folder above a group, which is made for it: the root of a hierarchy lacks many files. */
export function lookAbove<T>(files: KernelFiles, { base, path, onLevel }: GroupPlace, look: (folder: string) => T): T {
  const folder = posix.dirname(posix.join(base, path));
  return doWhileGone(() => {
    makeParents(files, base, path, onLevel);
    const found = look(folder);
    // Throws where it has gone meanwhile, and nothing was to be found.
    files.read(`${folder}/cgroup.procs`);
    return found;
  });
}

/** An engine that has no group any more removes its parent (removeEmptyFolder), while another one may make a group in it. */
function doWhileGone<T>(act: () => T): T {
  for (let attempts = 5; ; attempts--) {
    try {
      return act();
    } catch (error) {
      if (attempts === 0 || !isGone(error)) throw error;
    }
  }
}

/** A file that was opened before its group went says ENODEV. */
function isGone(error: unknown): boolean {
  return error instanceof KernelFileError && (error.code === 'ENOENT' || error.code === 'ENODEV');
}

/**
 * Makes a group's own folder. One that is there already, left by an engine that died, is made anew: its limits are
 * unknown. Throws conflict where something lives in it.
 */
function makeOwnFolder(files: KernelFiles, folder: string): void {
  if (files.makeDirectory(folder)) return;
  try {
    for (const nested of listTree(files, folder)) files.removeDirectory(nested);
  } catch (error) {
    throw new EngineError('conflict', `the cgroup ${folder} is in use`, { cause: error });
  }
  files.makeDirectory(folder);
}

/** Files of the kernel whose names have no dot. */
const PLAIN_FILES: readonly string[] = ['tasks', 'notify_on_release', 'release_agent'];

/** Ids of the groups in a folder: no id has a dot. To ask what each name is takes ten times as long. */
export function listIds(files: KernelFiles, folder: string): readonly string[] {
  return files.listNames(folder).filter((name) => !name.includes('.') && !PLAIN_FILES.includes(name));
}

/** Removes a folder that has no group in it; others stay: the kernel refuses those. */
export function removeEmptyFolder(files: KernelFiles, folder: string): void {
  try {
    files.removeDirectory(folder);
  } catch (error) {
    if (!(error instanceof KernelFileError && (error.code === 'EBUSY' || error.code === 'ENOTEMPTY'))) throw error;
  }
}

/** The folder and all below it, deepest first. */
export function listTree(files: KernelFiles, folder: string): readonly string[] {
  const nested = files.listDirectories(folder).flatMap((name) => listTree(files, `${folder}/${name}`));
  return [...nested, folder];
}

/** Members of a folder and of all below. A group that goes away meanwhile has none. */
export function listProcesses(files: KernelFiles, folder: string): readonly number[] {
  const texts = listTree(files, folder).map((nested) => files.readIfThere(`${nested}/cgroup.procs`) ?? '');
  return texts.flatMap((text) => text.split('\n').filter(Boolean).map(Number));
}

/** Removes a tree of groups; false while one of them is still busy. */
export function tryRemoveTree(files: KernelFiles, folder: string): boolean {
  if (!files.exists(folder)) return true;
  try {
    for (const nested of listTree(files, folder)) files.removeDirectory(nested);
    return true;
  } catch (error) {
    if (error instanceof KernelFileError && error.code === 'EBUSY') return false;
    throw error;
  }
}
