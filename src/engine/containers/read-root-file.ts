import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import { toByteString } from '../../platform/tar/file-entry.js';
import { isDevice } from '../layers/drivers/device-files.js';
import { isImage, tarBeside } from '../layers/drivers/image-files.js';
import { ImageReader, isDirectory, isRegular, isSymlink } from '../layers/erofs/image-reader.js';
import type { WritableLayer } from '../layers/writable-layers.js';

/** The longest passwd or group file that is looked at, bytes. */
const MAX_BYTES = 1024 * 1024;
const PART_BYTES = 16_384;
/** As many links as the kernel follows. path_resolution(7) */
const MAX_LINKS = 40;

/**
 * The text of a file as a container sees it, read from the layers of its overlay without mounting it; empty where it is
 * missing, is no regular file, or is longer than 1 MiB. `folders` are the upper one and the layers, top first; an image
 * (layers/drivers/image-files.ts) is one of them too.
 *
 * Every component is opened by descriptor and without following links, and a link is resolved inside the root: a container
 * that changes its files at the same moment can never make the engine read a file of the host.
 */
export function readRootFile(folders: readonly string[], path: string): string {
  let target = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const found = lookUp(folders, target);
    if (found === undefined) return '';
    if ('text' in found) return found.text;
    target = found.path;
  }
  return '';
}

/** Users and groups as the container's own files name them. */
export async function readUserFiles(program: string, layer: WritableLayer): Promise<UserFiles> {
  if (isDevice(layer.upper)) {
    const { readMountedFile } = await import('./read-mounted-file.js');
    const options = { program, layer, maxBytes: MAX_BYTES };
    const [passwd, group] = await Promise.all(USER_FILES.map((path) => readMountedFile(options, path)));
    return { passwd: passwd ?? '', group: group ?? '' };
  }
  const [passwd, group] = USER_FILES.map((path) => readRootFile([layer.upper, ...layer.lowers], path));
  return await Promise.resolve({ passwd: passwd ?? '', group: group ?? '' });
}

export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

const USER_FILES = ['/etc/passwd', '/etc/group'] as const;

/** A file, or the path that a link on the way makes of the whole. */
type Found = { readonly text: string } | { readonly path: string };

/** Searches from the top; the first folder that has something at the path, or hides what is below it, decides. */
function lookUp(folders: readonly string[], path: string): Found | undefined {
  const names = posix.resolve('/', path).split('/').filter(Boolean);
  for (const folder of folders) {
    const found = isImage(folder) ? lookIntoImage(folder, names) : lookInto(folder, names);
    if (found === 'hidden') return undefined;
    if (found !== 'missing') return found;
  }
  return undefined;
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Not among Node's constants; the same number on every architecture that Node runs on. open(2) */
const O_PATH = 0o10_000_000;

function lookInto(folder: string, names: readonly string[]): Found | 'missing' | 'hidden' {
  let directory = openSync(folder, O_RDONLY | O_DIRECTORY);
  try {
    for (const [index, name] of names.entries()) {
      const place = `/proc/self/fd/${directory}/${name}`;
      const next = openPath(place);
      if (next === undefined) return 'missing';
      const status = fstatSync(next);
      const isLast = index === names.length - 1;
      if (status.isDirectory() && !isLast) {
        closeSync(directory);
        directory = next;
        continue;
      }
      try {
        if (status.isSymbolicLink()) return { path: followLink(readlinkSync(place), names, index) };
        return isLast && status.isFile() && status.size <= MAX_BYTES ? readOpened(next) : 'hidden';
      } finally {
        closeSync(next);
      }
    }
    return 'missing';
  } finally {
    closeSync(directory);
  }
}

/** The same in a layer that is an image. Nobody can change it, so that links need no care. */
function lookIntoImage(path: string, names: readonly string[]): Found | 'missing' | 'hidden' {
  const image = new ImageReader(path, tarBeside(path));
  try {
    let directory = image.root();
    for (const [index, name] of names.entries()) {
      const next = image.find(directory, toByteString(name));
      if (next === undefined) return image.isOpaque(directory) ? 'hidden' : 'missing';
      if (isDirectory(next) && index < names.length - 1) {
        directory = next;
        continue;
      }
      if (isSymlink(next)) return { path: followLink(image.readContent(next).toString(), names, index) };
      const isText = index === names.length - 1 && isRegular(next) && next.size <= MAX_BYTES;
      return isText ? { text: image.readContent(next).toString() } : 'hidden';
    }
    return 'missing';
  } finally {
    image.close();
  }
}

function openPath(place: string): number | undefined {
  // Most layers have no such file, and an error takes longer than a look.
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return openSync(place, O_PATH | O_NOFOLLOW);
  } catch {
    // It is not in this layer.
    return undefined;
  }
}

function followLink(target: string, names: readonly string[], index: number): string {
  return posix.resolve('/', ...names.slice(0, index), target, ...names.slice(index + 1));
}

/** No more than may be looked at: a container can make the file longer after its length was asked. */
function readOpened(fd: number): Found | 'hidden' {
  const file = openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK);
  try {
    const parts: Buffer[] = [];
    for (let left = MAX_BYTES + 1; left > 0; ) {
      const part = Buffer.alloc(Math.min(left, PART_BYTES));
      const length = readSync(file, part);
      if (length === 0) return { text: Buffer.concat(parts).toString() };
      parts.push(part.subarray(0, length));
      left -= length;
    }
    return 'hidden';
  } finally {
    closeSync(file);
  }
}
