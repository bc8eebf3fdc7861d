import { resolve } from 'node:path';
import type { ByteStream } from '../../engine/engine.js';
import type { FileEntry } from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { extractTar } from './extract-tar.js';
import { endsWithDot, nameOf, placeOnHost } from './place.js';

/** Writes a tar of one file or directory, named by the last part of `path`, to where `target` says, as `docker cp` does. */
export async function saveArchive(archive: ByteStream, path: string, target: string): Promise<void> {
  const { first, bytes } = await openArchive(archive);
  const place = await placeOnHost(resolve(target), {
    name: nameOf(path),
    isDirectory: first?.kind === 'directory',
    contents: endsWithDot(path),
    mustBeDirectory: target.endsWith('/'),
  });
  await extractTar(bytes, {
    root: place.root,
    rename: { from: nameOf(path), to: place.name },
    keepOwners: false,
  });
}

/** Reads a tar up to its first entry, which says what it is of. */
async function openArchive(archive: ByteStream): Promise<{ first: FileEntry | undefined; bytes: ByteStream }> {
  let first: FileEntry | undefined;
  const reader = new TarReader({
    entry: (entry) => {
      first ??= entry;
    },
    content: () => undefined,
  });
  const source = archive[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  for (let part = await source.next(); part.done !== true; part = await source.next()) {
    begun.push(part.value);
    reader.push(part.value);
    if (first !== undefined) break;
  }
  return { first, bytes: joinStreams(begun, source) };
}

async function* joinStreams(begun: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* begun;
    for (let part = await rest.next(); part.done !== true; part = await rest.next()) yield part.value;
  } finally {
    await rest.return?.();
  }
}
