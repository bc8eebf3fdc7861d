import { EngineError } from '../../model/errors.js';
import { cleanEntryPath } from '../../platform/tar/entry-path.js';
import type { FileEntry } from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import type { ContentStore, StagedBlob } from '../content/content-store.js';
import { decompress } from '../content/decompress.js';
import { guardExpansion } from '../content/expansion-guard.js';
import { readWhole } from '../content/small-content.js';

/** The files of an archive of images, each a blob that is kept or discarded. Nothing of it has a path on the host. */
export interface StagedArchive {
  /** Follows links, which cannot leave the archive. Rejects: invalid-argument (there is no such file). */
  file(path: string): StagedBlob;
  has(path: string): boolean;
  /** The whole of a small file, which is nobody's to change. Rejects: invalid-argument (too large). */
  readSmall(path: string): Promise<Buffer>;
  /** Deletes all that was not kept. */
  discard(): void;
}

const SMALL_MAX = 16 << 20;
/** Of all small files of an archive together: they are in memory until its images are made. */
const SMALL_SUM_MAX = 64 << 20;
const LINKS_MAX = 10;

/** Reads an archive, plain or compressed, to its end. Rejects: invalid-argument, cancelled; then nothing is left. */
export async function stageArchive(
  source: AsyncIterable<Uint8Array>,
  content: ContentStore,
  signal?: AbortSignal,
): Promise<StagedArchive> {
  const files = new Map<string, StagedBlob>();
  const links = new Map<string, string>();
  const sink = collectFiles(content, files, links);
  const reader = new TarReader(sink);
  const guard = guardExpansion(source, signal);
  const discard = () => {
    for (const blob of files.values()) blob.discard();
  };
  let plainBytes = 0;
  try {
    for await (const bytes of decompress(guard.source)) {
      plainBytes += bytes.length;
      guard.check(plainBytes);
      reader.push(bytes);
    }
    reader.finish();
    sink.end();
  } catch (error) {
    sink.abort();
    discard();
    throw error;
  }
  return openStagedArchive(files, links, discard);
}

function openStagedArchive(
  files: ReadonlyMap<string, StagedBlob>,
  links: ReadonlyMap<string, string>,
  discard: () => void,
): StagedArchive {
  const find = (path: string): StagedBlob | undefined => {
    let at = cleanEntryPath(path);
    for (let i = 0; i < LINKS_MAX && !files.has(at); i++) at = links.get(at) ?? at;
    return files.get(at);
  };
  const file = (path: string): StagedBlob => {
    const blob = find(path);
    if (blob === undefined) throw new EngineError('invalid-argument', `the archive has no file "${path}"`);
    return blob;
  };
  // Each is read once, however often it is named.
  const small = new Map<StagedBlob, Promise<Buffer>>();
  let smallBytes = 0;
  return {
    file,
    has: (path) => find(path) !== undefined,
    discard,
    async readSmall(path) {
      const blob = file(path);
      const known = small.get(blob);
      if (known !== undefined) return await known;
      smallBytes += blob.sizeBytes;
      if (blob.sizeBytes > SMALL_MAX || smallBytes > SMALL_SUM_MAX) {
        throw new EngineError('invalid-argument', `"${path}" in the archive is too large`);
      }
      const bytes = readWhole(blob.read());
      small.set(blob, bytes);
      return await bytes;
    },
  };
}

function collectFiles(content: ContentStore, files: Map<string, StagedBlob>, links: Map<string, string>) {
  let current: { readonly path: string; readonly writer: ReturnType<ContentStore['stage']> } | undefined;
  const end = () => {
    if (current === undefined) return;
    files.get(current.path)?.discard();
    files.set(current.path, current.writer.finish());
    current = undefined;
  };
  return {
    end,
    abort: () => current?.writer.discard(),
    entry(entry: FileEntry) {
      end();
      if (entry.kind === 'hardlink') links.set(entry.path, entry.target);
      if (entry.kind === 'symlink') links.set(entry.path, resolveLink(entry));
      if (entry.kind !== 'file') return;
      if (entry.segments !== undefined) throw new EngineError('invalid-argument', 'the archive has a sparse file');
      current = { path: entry.path, writer: content.stage() };
    },
    content: (bytes: Uint8Array) => current?.writer.write(bytes),
  };
}

/** `layer.tar -> ../OTHER/layer.tar`, as `docker save` wrote layers that an archive has twice. */
function resolveLink(entry: FileEntry): string {
  const folder = entry.path.split('/').slice(0, -1);
  const parts = entry.target.startsWith('/') ? [] : folder;
  for (const part of entry.target.split('/')) {
    if (part === '..' && parts.pop() === undefined) {
      throw new EngineError('invalid-argument', `the archive has a link out of itself: "${entry.path}"`);
    }
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts.join('/');
}
