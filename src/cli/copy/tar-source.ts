import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOCK, encodeHeader, paddingOf, type TarEntry } from './tar-header.js';

export interface TarSource {
  readonly path: string;
  /** What the top entry is called; empty: the contents of the directory without it. */
  readonly name: string;
  /** Take what a link at `path` points to. */
  readonly followLink: boolean;
}

/** A tar of a file or directory of this host; sockets are left out. */
export async function* openTar({ path, name, followLink }: TarSource): AsyncGenerator<Uint8Array> {
  yield* writeEntry(path, name, followLink ? await stat(path) : await lstat(path));
  yield Buffer.alloc(2 * BLOCK);
}

async function* writeEntry(path: string, name: string, stats: Stats): AsyncGenerator<Uint8Array> {
  const type = typeOf(stats);
  if (type === undefined) {
    return;
  }
  if (name !== '') {
    yield encodeHeader(await toEntry({ path, name, type }, stats));
  }
  if (type === 'file') {
    yield* writeContent(path, stats.size);
  }
  if (type === 'directory') {
    for (const child of (await readdir(path)).sort()) {
      const childPath = join(path, child);
      yield* writeEntry(childPath, name === '' ? child : `${name}/${child}`, await lstat(childPath));
    }
  }
}

function typeOf(stats: Stats): TarEntry['type'] | undefined {
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

interface Place {
  readonly path: string;
  readonly name: string;
  readonly type: TarEntry['type'];
}

async function toEntry({ path, name, type }: Place, stats: Stats): Promise<TarEntry> {
  return {
    name,
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    sizeBytes: type === 'file' ? stats.size : 0,
    modifiedAtMs: stats.mtimeMs,
    linkTarget: type === 'symlink' ? await readlink(path) : '',
  };
}

/** Exactly as many bytes as the header said, even where the file grows or shrinks meanwhile. */
async function* writeContent(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let written = 0;
  if (sizeBytes > 0) {
    for await (const chunk of createReadStream(path, { end: sizeBytes - 1, highWaterMark: 256 * 1024 })) {
      written += chunk.length;
      yield chunk;
    }
  }
  const missing = sizeBytes - written + paddingOf(sizeBytes);
  if (missing > 0) {
    yield Buffer.alloc(missing);
  }
}
