import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats, statSync } from 'node:fs';
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

/**
 * A tar of a file or directory of this host; sockets and devices are left out. The files are read synchronously: each would wait for four
 * turns of the event loop otherwise, which take longer than to read it.
 */
export async function* openTar({ path, name, followLink }: TarSource): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  let waitingBytes = 0;
  const writer = new TarWriter((bytes) => {
    parts.push(bytes);
    waitingBytes += bytes.length;
  });
  const take = (): Buffer => {
    waitingBytes = 0;
    return Buffer.concat(parts.splice(0));
  };
  for (const _ of writeEntry(writer, { path, name }, followLink ? statSync(path) : lstatSync(path))) {
    if (waitingBytes >= PART_BYTES) yield await Promise.resolve(take());
  }
  writer.finish();
  yield take();
}

interface Place {
  readonly path: string;
  readonly name: string;
}

/** Yields whenever something has been written, so that no more than a part of a file waits for the reader. */
function* writeEntry(writer: TarWriter, { path, name }: Place, stats: Stats): Generator<void> {
  const kind = kindOf(stats);
  if (kind === undefined) {
    return;
  }
  if (name !== '') {
    writer.entry(toEntry({ path, name }, kind, stats));
    yield;
  }
  if (kind === 'file') {
    yield* writeContent(writer, path, stats.size);
  }
  if (kind === 'directory') {
    for (const child of readdirSync(path).sort()) {
      const place = { path: join(path, child), name: name === '' ? child : `${name}/${child}` };
      yield* writeEntry(writer, place, lstatSync(place.path));
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

function toEntry({ path, name }: Place, kind: EntryKind, stats: Stats): FileEntry {
  const seconds = Math.floor(stats.mtimeMs / 1000);
  return {
    kind,
    path: toByteString(name),
    target: kind === 'symlink' ? toByteString(readlinkSync(path)) : '',
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
function* writeContent(writer: TarWriter, path: string, sizeBytes: number): Generator<void> {
  if (sizeBytes === 0) return;
  const file = openSync(path, 'r');
  try {
    for (let left = sizeBytes; left > 0; ) {
      const part = Buffer.alloc(Math.min(left, PART_BYTES));
      const length = readSync(file, part);
      // Of one that has shrunk the rest is zeros.
      const bytes = length === 0 ? part : part.subarray(0, length);
      writer.content(bytes);
      left -= bytes.length;
      yield;
    }
  } finally {
    closeSync(file);
  }
}

const PART_BYTES = 256 * 1024;
