import { createWriteStream } from 'node:fs';
import { chmod, lchown, link, lstat, lutimes, mkdir, open, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteStream } from '../../engine/engine.js';
import type { TarEntry } from './tar-header.js';
import { readTar, type TarItem } from './tar-reader.js';

export interface ExtractOptions {
  /** An existing directory; nothing is written outside it. */
  readonly root: string;
  /** The top name in the tar, and what takes its place; empty: its contents land in the root itself. */
  readonly rename: { readonly from: string; readonly to: string };
  /** Keep uid and gid. */
  readonly keepOwners: boolean;
}

/**
 * Writes the files of a tar below a directory of this host. What is in the tar comes from a container and is not
 * trusted: a name that leads outside, or through a link, is refused.
 */
export async function extractTar(tar: ByteStream, options: ExtractOptions): Promise<void> {
  const directories: (readonly [string, TarEntry])[] = [];
  for await (const item of readTar(tar)) {
    const name = renameEntry(item.entry.name, options);
    if (name !== '') {
      const path = await resolveInside(options.root, name);
      await writeItem(item, path, options);
      if (item.entry.type === 'directory') {
        directories.push([path, item.entry]);
      }
    }
  }
  // Last, and from the deepest: each file that is made changes the time of its directory.
  for (const [path, entry] of directories.reverse()) {
    await setAttributes(path, entry, options);
  }
}

function renameEntry(name: string, { rename }: ExtractOptions): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new Error(`refused to write outside the destination: ${name}`);
  }
  const rest = parts[0] === rename.from ? parts.slice(1) : parts;
  return [rename.to, ...rest].filter((part) => part !== '').join('/');
}

/** The path, of which every directory above it exists and is one, not a link. */
async function resolveInside(root: string, name: string): Promise<string> {
  const parts = name.split('/');
  let path = root;
  for (const part of parts.slice(0, -1)) {
    path = join(path, part);
    const stats = await lstat(path);
    if (!stats.isDirectory()) {
      throw new Error(`refused to write through ${path}: not a directory`);
    }
  }
  return join(path, parts.at(-1) ?? '');
}

async function writeItem({ entry, content }: TarItem, path: string, options: ExtractOptions): Promise<void> {
  switch (entry.type) {
    case 'directory':
      await makeDirectory(path);
      return;
    case 'file':
      await makeFile(path, content);
      break;
    case 'symlink':
      await rm(path, { force: true });
      await symlink(entry.linkTarget, path);
      break;
    case 'hardlink': {
      const target = await resolveInside(options.root, renameEntry(entry.linkTarget, options));
      await rm(path, { force: true });
      await link(target, path);
      return;
    }
    default:
      // Devices and pipes of a container have no meaning outside it.
      return;
  }
  await setAttributes(path, entry, options);
}

async function makeDirectory(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isDirectory() !== true) {
    await mkdir(path);
  }
}

/** Takes the place of a file or link at the path; the content goes nowhere else, even if a link appears meanwhile. */
async function makeFile(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  await pipeline(Readable.from(content, { objectMode: false }), createWriteStream(path, { fd: file }));
}

async function setAttributes(path: string, entry: TarEntry, { keepOwners }: ExtractOptions): Promise<void> {
  if (keepOwners) {
    await lchown(path, entry.uid, entry.gid);
  }
  const seconds = entry.modifiedAtMs / 1000;
  if (entry.type === 'symlink') {
    await lutimes(path, seconds, seconds);
    return;
  }
  await chmod(path, entry.mode);
  await utimes(path, seconds, seconds);
}

/** The directory that holds a path, for one that is to be made. */
export function parentOf(path: string): string {
  return dirname(path.replace(/\/+$/, ''));
}
