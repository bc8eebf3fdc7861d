import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
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
 * trusted: the reader refuses a name that leads outside, and a name that leads through a link is refused here. The files are made
 * synchronously: each would wait for seven turns of the event loop otherwise, which take longer than to make it.
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
    extraction.finish();
  } finally {
    extraction.close();
  }
}

function startExtraction(options: ExtractOptions) {
  const directories: (readonly [string, FileEntry])[] = [];
  let current: OpenFile | undefined;
  const endFile = (): void => {
    const file = current;
    current = undefined;
    if (file !== undefined) finishFile(file, options);
  };
  const begin = async (entry: FileEntry): Promise<void> => {
    const name = renameEntry(fromByteString(entry.path), options);
    if (name === '') return;
    const path = resolveInside(options.root, name);
    if (entry.kind === 'directory') {
      makeDirectory(path);
      directories.push([path, entry]);
    } else if (entry.kind === 'file') {
      current = makeFile(path, entry);
    } else {
      await makeOther(path, entry, options);
    }
  };
  return {
    take: async (item: Found): Promise<void> => {
      if ('entry' in item) {
        endFile();
        await begin(item.entry);
      } else if (current !== undefined) {
        writeContent(current, item.bytes);
      }
    },
    finish: (): void => {
      endFile();
      // Last, and from the deepest: each file that is made changes the time of its directory.
      for (const [path, entry] of directories.reverse()) setAttributes(path, entry, options);
    },
    /** Of a file that was not ended, as something has failed. */
    close: (): void => {
      if (current !== undefined) closeSync(current.file);
    },
  };
}

function renameEntry(name: string, { rename }: ExtractOptions): string {
  const parts = name.split('/');
  const rest = parts[0] === rename.from ? parts.slice(1) : parts;
  return [rename.to, ...rest].filter((part) => part !== '').join('/');
}

/** The path, of which every directory above it exists and is one, not a link. */
function resolveInside(root: string, name: string): string {
  const parts = name.split('/');
  let path = root;
  for (const part of parts.slice(0, -1)) {
    path = join(path, part);
    const stats = lstatSync(path);
    if (!stats.isDirectory()) {
      throw new Error(`refused to write through ${path}: not a directory`);
    }
  }
  return join(path, parts.at(-1) ?? '');
}

function makeDirectory(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) mkdirSync(path);
}

interface OpenFile {
  readonly path: string;
  readonly entry: FileEntry;
  /** Its descriptor. */
  readonly file: number;
  /** Places of the content that is still to come; a file without holes has one. */
  readonly segments: { offset: number; length: number }[];
}

/** Takes the place of a file or link at the path; the content goes nowhere else, even if a link appears meanwhile. */
function makeFile(path: string, entry: FileEntry): OpenFile {
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  const whole = [{ offset: 0, length: entry.sizeBytes }];
  return { path, entry, file, segments: (entry.segments ?? whole).map((segment) => ({ ...segment })) };
}

function writeContent({ file, segments }: OpenFile, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    const segment = segments[0];
    if (segment === undefined) return;
    const part = bytes.subarray(at, at + segment.length);
    const written = writeSync(file, part, 0, part.length, segment.offset);
    at += written;
    segment.offset += written;
    segment.length -= written;
    if (segment.length === 0) segments.shift();
  }
}

function finishFile({ path, entry, file }: OpenFile, options: ExtractOptions): void {
  try {
    // A hole at the end is not written.
    ftruncateSync(file, entry.sizeBytes);
  } finally {
    closeSync(file);
  }
  setAttributes(path, entry, options);
}

async function makeOther(path: string, entry: FileEntry, options: ExtractOptions): Promise<void> {
  switch (entry.kind) {
    case 'hardlink': {
      const linked = resolveInside(options.root, renameEntry(fromByteString(entry.target), options));
      rmSync(path, { force: true });
      linkSync(linked, path);
      return;
    }
    case 'symlink':
      rmSync(path, { force: true });
      symlinkSync(fromByteString(entry.target), path);
      setAttributes(path, entry, options);
      return;
    case 'fifo':
    case 'character':
    case 'block':
      rmSync(path, { force: true });
      await makeSpecialFile(path, entry);
      setAttributes(path, entry, options);
      return;
    default:
      // What only layers know has no meaning outside them.
      return;
  }
}

function setAttributes(path: string, entry: FileEntry, { keepOwners }: ExtractOptions): void {
  if (keepOwners) {
    lchownSync(path, entry.uid, entry.gid);
  }
  const seconds = entry.mtimeSeconds + entry.mtimeNanoseconds / 1e9;
  if (entry.kind === 'symlink') {
    lutimesSync(path, seconds, seconds);
    return;
  }
  chmodSync(path, entry.mode);
  utimesSync(path, seconds, seconds);
}

/** The directory that holds a path, for one that is to be made. */
export function parentOf(path: string): string {
  return dirname(path.replace(/\/+$/, ''));
}
