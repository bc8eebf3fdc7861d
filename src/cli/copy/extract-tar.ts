import {
  chmod,
  type FileHandle,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ByteStream } from '../../engine/engine.js';
import { type FileEntry, fromByteString } from '../../platform/tar/file-entry.js';
import { makeSpecialFile } from '../../platform/tar/special-file.js';
import { TarReader } from '../../platform/tar/tar-reader.js';

export interface ExtractOptions {
  /** An existing directory; nothing is written outside it. */
  readonly root: string;
  /** The top name in the tar, and what takes its place; empty: its contents land in the root itself. */
  readonly rename: { readonly from: string; readonly to: string };
  /** Keep uid and gid. */
  readonly keepOwners: boolean;
}

/** What the reader found in one piece of the stream, in its order. */
type Found = { readonly entry: FileEntry } | { readonly bytes: Uint8Array };

/**
 * Writes the files of a tar below a directory of this host. What is in the tar comes from a container and is not
 * trusted: the reader refuses a name that leads outside, and a name that leads through a link is refused here.
 */
export async function extractTar(tar: ByteStream, options: ExtractOptions): Promise<void> {
  const found: Found[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push({ entry }),
    content: (bytes) => void found.push({ bytes }),
  });
  const extraction = startExtraction(options);
  try {
    for await (const chunk of tar) {
      reader.push(chunk);
      for (const item of found.splice(0)) await extraction.take(item);
    }
    reader.finish();
    await extraction.finish();
  } finally {
    await extraction.close();
  }
}

function startExtraction(options: ExtractOptions) {
  const directories: (readonly [string, FileEntry])[] = [];
  let current: OpenFile | undefined;
  const endFile = async (): Promise<void> => {
    const file = current;
    current = undefined;
    if (file !== undefined) await finishFile(file, options);
  };
  const begin = async (entry: FileEntry): Promise<void> => {
    const name = renameEntry(fromByteString(entry.path), options);
    if (name === '') return;
    const path = await resolveInside(options.root, name);
    if (entry.kind === 'directory') {
      await makeDirectory(path);
      directories.push([path, entry]);
    } else if (entry.kind === 'file') {
      current = await makeFile(path, entry);
    } else {
      await makeOther(path, entry, options);
    }
  };
  return {
    take: async (item: Found): Promise<void> => {
      if ('entry' in item) {
        await endFile();
        await begin(item.entry);
      } else if (current !== undefined) {
        await writeContent(current, item.bytes);
      }
    },
    finish: async (): Promise<void> => {
      await endFile();
      // Last, and from the deepest: each file that is made changes the time of its directory.
      for (const [path, entry] of directories.reverse()) await setAttributes(path, entry, options);
    },
    /** Of a file that was not ended, as something has failed. */
    close: async (): Promise<void> => {
      await current?.handle.close();
    },
  };
}

function renameEntry(name: string, { rename }: ExtractOptions): string {
  const parts = name.split('/');
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

async function makeDirectory(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isDirectory() !== true) {
    await mkdir(path);
  }
}

interface OpenFile {
  readonly path: string;
  readonly entry: FileEntry;
  readonly handle: FileHandle;
  /** Places of the content that is still to come; a file without holes has one. */
  readonly segments: { offset: number; length: number }[];
}

/** Takes the place of a file or link at the path; the content goes nowhere else, even if a link appears meanwhile. */
async function makeFile(path: string, entry: FileEntry): Promise<OpenFile> {
  await rm(path, { force: true });
  const handle = await open(path, 'wx', 0o600);
  const whole = [{ offset: 0, length: entry.sizeBytes }];
  return { path, entry, handle, segments: (entry.segments ?? whole).map((segment) => ({ ...segment })) };
}

async function writeContent({ handle, segments }: OpenFile, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const segment = segments[0];
    if (segment === undefined) return;
    const part = bytes.subarray(at, at + segment.length);
    const { bytesWritten } = await handle.write(part, 0, part.length, segment.offset);
    at += bytesWritten;
    segment.offset += bytesWritten;
    segment.length -= bytesWritten;
    if (segment.length === 0) segments.shift();
  }
}

async function finishFile({ path, entry, handle }: OpenFile, options: ExtractOptions): Promise<void> {
  try {
    // A hole at the end is not written.
    await handle.truncate(entry.sizeBytes);
  } finally {
    await handle.close();
  }
  await setAttributes(path, entry, options);
}

async function makeOther(path: string, entry: FileEntry, options: ExtractOptions): Promise<void> {
  switch (entry.kind) {
    case 'hardlink': {
      const linked = await resolveInside(options.root, renameEntry(fromByteString(entry.target), options));
      await rm(path, { force: true });
      await link(linked, path);
      return;
    }
    case 'symlink':
      await rm(path, { force: true });
      await symlink(fromByteString(entry.target), path);
      await setAttributes(path, entry, options);
      return;
    case 'fifo':
    case 'character':
    case 'block':
      await rm(path, { force: true });
      await makeSpecialFile(path, entry);
      await setAttributes(path, entry, options);
      return;
    default:
      // What only layers know has no meaning outside them.
      return;
  }
}

async function setAttributes(path: string, entry: FileEntry, { keepOwners }: ExtractOptions): Promise<void> {
  if (keepOwners) {
    await lchown(path, entry.uid, entry.gid);
  }
  const seconds = entry.mtimeSeconds + entry.mtimeNanoseconds / 1e9;
  if (entry.kind === 'symlink') {
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
