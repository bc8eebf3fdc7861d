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
  /** Resolves when its digest is known. Follows links, which cannot leave the archive. Throws invalid-argument (there is no such file). */
  file(path: string): Promise<StagedBlob>;
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
  const files = new Map<string, StagedFile>();
  const links = new Map<string, string>();
  const sink = collectFiles(content, files, links);
  const reader = new TarReader(sink);
  const guard = guardExpansion(source, signal);
  const discard = () => {
    for (const { discard: discardOne } of files.values()) discardOne();
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
  files: ReadonlyMap<string, StagedFile>,
  links: ReadonlyMap<string, string>,
  discard: () => void,
): StagedArchive {
  const find = (path: string): StagedFile | undefined => {
    let at = cleanEntryPath(path);
    for (let i = 0; i < LINKS_MAX && !files.has(at); i++) at = links.get(at) ?? at;
    return files.get(at);
  };
  const get = (path: string): StagedFile => {
    const file = find(path);
    if (file === undefined) throw new EngineError('invalid-argument', `the archive has no file "${path}"`);
    return file;
  };
  // Each is read once, however often it is named.
  const small = new Map<StagedFile, Promise<Buffer>>();
  let smallBytes = 0;
  const readOne = async ({ path, blob }: StagedFile): Promise<Buffer> => {
    const { sizeBytes, read } = await blob;
    smallBytes += sizeBytes;
    if (sizeBytes > SMALL_MAX || smallBytes > SMALL_SUM_MAX) {
      throw new EngineError('invalid-argument', `"${path}" in the archive is too large`);
    }
    return await readWhole(read());
  };
  return {
    file: (path) => get(path).blob,
    has: (path) => find(path) !== undefined,
    discard,
    async readSmall(path) {
      const file = get(path);
      const known = small.get(file) ?? readOne(file);
      small.set(file, known);
      return await known;
    },
  };
}

/** Its digest may be on its way. */
interface StagedFile {
  readonly path: string;
  readonly blob: Promise<StagedBlob>;
  discard(): void;
}

function collectFiles(content: ContentStore, files: Map<string, StagedFile>, links: Map<string, string>) {
  let current: { readonly path: string; readonly writer: ReturnType<ContentStore['stage']> } | undefined;
  const end = () => {
    if (current === undefined) return;
    files.get(current.path)?.discard();
    const { path, writer } = current;
    const blob = writer.finish();
    // Who waits for them all hears of the first that fails.
    blob.catch(() => undefined);
    files.set(path, { path, blob, discard: writer.discard });
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
