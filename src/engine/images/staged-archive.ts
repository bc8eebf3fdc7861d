import { EngineError } from '../../model/errors.js';
import { cleanEntryPath } from '../../platform/tar/entry-path.js';
import type { FileEntry } from '../../platform/tar/file-entry.js';
import { beginsAsTar } from '../../platform/tar/tar-header.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import type { BlobWriter, StagedBlob } from '../content/content-store.js';
import { decompress } from '../content/decompress.js';
import { guardExpansion } from '../content/expansion-guard.js';
import { readWhole } from '../content/small-content.js';
import type { BegunLayer } from '../layers/begin-layer.js';
import { beginEarly, type EarlyLayer } from './early-layer.js';
import type { ImageParts } from './image-parts.js';

/** A file of an archive. */
export interface ArchivedBlob extends StagedBlob {
  /**
   * The layer that was made of it as it was read, where it is a tar that is not compressed and nothing of it depends on what is below.
   * Once, as it can be put in one place only.
   */
  takeLayer?(place: { readonly isLowest: boolean }): BegunLayer | undefined;
}

/** The files of an archive of images, each a blob that is kept or discarded. Nothing of it has a path on the host. */
export interface StagedArchive {
  /** Resolves when its digest is known. Follows links, which cannot leave the archive. Throws invalid-argument (there is no such file). */
  file(path: string): Promise<ArchivedBlob>;
  has(path: string): boolean;
  /** The whole of a small file, which is nobody's to change. Rejects: invalid-argument (too large). */
  readSmall(path: string): Promise<Buffer>;
  /** Deletes all that was not kept, and layers that were made and not taken. */
  discard(): Promise<void>;
}

const SMALL_MAX = 16 << 20;
/** Of all small files of an archive together: they are in memory until its images are made. */
const SMALL_SUM_MAX = 64 << 20;
const LINKS_MAX = 10;
/** For a smaller layer it makes no difference. */
const EARLY_FROM_BYTES = 1 << 20;

/** Reads an archive, plain or compressed, to its end. Rejects: invalid-argument, cancelled; then nothing is left. */
export async function stageArchive(
  source: AsyncIterable<Uint8Array>,
  parts: Pick<ImageParts, 'content' | 'layers'>,
  signal?: AbortSignal,
): Promise<StagedArchive> {
  const files = new Map<string, StagedFile>();
  const links = new Map<string, string>();
  const sink = collectFiles(parts, files, links);
  const reader = new TarReader(sink);
  const guard = guardExpansion(source, signal);
  const discard = async () => {
    await Promise.all([...files.values()].map((file) => file.discard()));
  };
  let plainBytes = 0;
  try {
    for await (const bytes of decompress(guard.source)) {
      plainBytes += bytes.length;
      guard.check(plainBytes);
      reader.push(bytes);
      await sink.drain();
    }
    reader.finish();
    sink.end();
  } catch (error) {
    await sink.abort();
    await discard();
    throw error;
  }
  return openStagedArchive(files, links, discard);
}

function openStagedArchive(
  files: ReadonlyMap<string, StagedFile>,
  links: ReadonlyMap<string, string>,
  discard: () => Promise<void>,
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
  readonly blob: Promise<ArchivedBlob>;
  discard(): Promise<void>;
}

/** One that is being read. */
interface OpenFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly writer: BlobWriter;
  /** Of one that begins as a tar does. */
  early?: EarlyLayer;
  isBegun: boolean;
}

function collectFiles(
  { content, layers }: Pick<ImageParts, 'content' | 'layers'>,
  files: Map<string, StagedFile>,
  links: Map<string, string>,
) {
  let current: OpenFile | undefined;
  /** Of files that were discarded, as another one has their path. */
  const replaced: Promise<void>[] = [];
  const end = () => {
    if (current === undefined) return;
    const { path, writer, early } = current;
    const before = files.get(path);
    if (before !== undefined) replaced.push(before.discard());
    files.set(path, endFile(path, writer, early));
    current = undefined;
  };
  return {
    end,
    async drain() {
      await current?.early?.drain();
      await Promise.all(replaced.splice(0));
    },
    async abort() {
      current?.writer.discard();
      await current?.early?.discard();
      await Promise.all(replaced.splice(0));
    },
    entry(entry: FileEntry) {
      end();
      if (entry.kind === 'hardlink') links.set(entry.path, entry.target);
      if (entry.kind === 'symlink') links.set(entry.path, resolveLink(entry));
      if (entry.kind !== 'file') return;
      if (entry.segments !== undefined) throw new EngineError('invalid-argument', 'the archive has a sparse file');
      const { path, sizeBytes } = entry;
      current = { path, sizeBytes, writer: content.stage(), isBegun: false };
    },
    content(bytes: Uint8Array) {
      if (current === undefined) return;
      const isFirst = !current.isBegun;
      current.isBegun = true;
      const isLayer = isFirst && layers.keepsTars && current.sizeBytes >= EARLY_FROM_BYTES && beginsAsTar(bytes);
      if (isLayer) current.early = beginEarly(layers, current.writer);
      current.early?.push(bytes);
      current.writer.write(bytes);
    },
  };
}

function endFile(path: string, writer: BlobWriter, early: EarlyLayer | undefined): StagedFile {
  const blob = finishBlob(writer, early);
  // Who waits for them all hears of the first that fails.
  blob.catch(() => undefined);
  return {
    path,
    blob,
    async discard() {
      writer.discard();
      await early?.discard();
    },
  };
}

async function finishBlob(writer: BlobWriter, early: EarlyLayer | undefined): Promise<ArchivedBlob> {
  const finished = writer.finish();
  // The disk writes it while the next one is read; what is no layer most likely is not kept.
  if (early !== undefined) finished.then((blob) => blob.flush()).catch(() => undefined);
  finished.catch(() => undefined);
  // While the last of its digest is taken.
  let layer = await early?.end();
  return Object.assign(await finished, {
    takeLayer({ isLowest }: { readonly isLowest: boolean }) {
      if (isLowest && layer?.hidesBelow() === true) return undefined;
      const taken = layer;
      layer = undefined;
      return taken;
    },
  });
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
