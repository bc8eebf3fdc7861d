import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type EntryKind, type FileEntry, toByteString } from '../../platform/tar/file-entry.js';
import { TarWriter } from '../../platform/tar/tar-writer.js';

export interface TarSource {
  readonly path: string;
  /** What the top entry is called; empty: the contents of the directory without it. */
  readonly name: string;
  /** Take what a link at `path` points to. */
  readonly followLink: boolean;
}

/** A tar of a file or directory of this host; sockets and devices are left out. */
export async function* openTar({ path, name, followLink }: TarSource): AsyncGenerator<Uint8Array> {
  const written: Uint8Array[] = [];
  const writer = new TarWriter((bytes) => void written.push(bytes));
  for await (const _ of writeEntry(writer, { path, name }, followLink ? await stat(path) : await lstat(path))) {
    yield* written.splice(0);
  }
  writer.finish();
  yield* written;
}

interface Place {
  readonly path: string;
  readonly name: string;
}

/** Yields whenever something has been written, so that no more than a part of a file waits for the reader. */
async function* writeEntry(writer: TarWriter, { path, name }: Place, stats: Stats): AsyncGenerator<void> {
  const kind = kindOf(stats);
  if (kind === undefined) {
    return;
  }
  if (name !== '') {
    writer.entry(await toEntry({ path, name }, kind, stats));
    yield;
  }
  if (kind === 'file') {
    yield* writeContent(writer, path, stats.size);
  }
  if (kind === 'directory') {
    for (const child of (await readdir(path)).sort()) {
      const place = { path: join(path, child), name: name === '' ? child : `${name}/${child}` };
      yield* writeEntry(writer, place, await lstat(place.path));
    }
  }
}

function kindOf(stats: Stats): EntryKind | undefined {
  if (stats.isDirectory()) {
    return 'directory';
  }
  if (stats.isSymbolicLink()) {
    return 'symlink';
  }
  if (stats.isFIFO()) {
    return 'fifo';
  }
  return stats.isFile() ? 'file' : undefined;
}

async function toEntry({ path, name }: Place, kind: EntryKind, stats: Stats): Promise<FileEntry> {
  const seconds = Math.floor(stats.mtimeMs / 1000);
  return {
    kind,
    path: toByteString(name),
    target: kind === 'symlink' ? toByteString(await readlink(path)) : '',
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    major: 0,
    minor: 0,
    mtimeSeconds: seconds,
    mtimeNanoseconds: Math.floor((stats.mtimeMs - seconds * 1000) * 1e6),
    sizeBytes: kind === 'file' ? stats.size : 0,
  };
}

/** Exactly as many bytes as the header said, even where the file grows or shrinks meanwhile. */
async function* writeContent(writer: TarWriter, path: string, sizeBytes: number): AsyncGenerator<void> {
  let left = sizeBytes;
  if (sizeBytes > 0) {
    for await (const chunk of createReadStream(path, { end: sizeBytes - 1, highWaterMark: PART_BYTES })) {
      left -= chunk.length;
      writer.content(chunk);
      yield;
    }
  }
  for (; left > 0; left -= PART_BYTES) {
    writer.content(Buffer.alloc(Math.min(left, PART_BYTES)));
    yield;
  }
}

const PART_BYTES = 256 * 1024;
