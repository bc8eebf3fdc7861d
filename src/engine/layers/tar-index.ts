import { readFile } from 'node:fs/promises';
import { EngineError } from '../../model/errors.js';
import type { ByteString, EntrySink, FileEntry } from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { createIndexWriter } from './file-index/index-writer.js';
import { type LayerIndex, parseLayerIndex } from './file-index/layer-index.js';
import type { KeepAttributes } from './kept-attributes.js';
import { readLayerEntries } from './layer-reader.js';

export interface TarIndexOptions {
  /** The file that becomes the index. */
  readonly path: string;
  /** There are layers below: whiteouts count. */
  readonly hasBelow: boolean;
  readonly keep: KeepAttributes;
  readonly signal?: AbortSignal;
}

/**
 * The index of a layer's tar, plain or compressed, to compare folders with that were made of it: files with holes have a fingerprint
 * like all others, and each file has what the file system keeps. Undefined where only a file system can tell what becomes of the
 * entries. Rejects: cancelled, invalid-argument (not a layer's tar), unavailable (no space).
 */
export async function indexTar(
  source: AsyncIterable<Uint8Array>,
  { path, hasBelow, keep, signal }: TarIndexOptions,
): Promise<LayerIndex | undefined> {
  const writer = createIndexWriter(path);
  const entries = new ComparableEntries(writer, keep);
  const reader = new TarReader(readLayerEntries(entries, hasBelow));
  try {
    for await (const bytes of decompress(source)) {
      if (signal?.aborted === true) throw new EngineError('cancelled', 'the comparison was cancelled');
      reader.push(bytes);
    }
    reader.finish();
    entries.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
  if (!entries.isTold) writer.abort();
  if (!entries.isTold || !writer.settle()) return undefined;
  writer.finish();
  return parseLayerIndex(await readFile(path));
}

const ZEROS = Buffer.alloc(1 << 16);

/** Entries as an index compares them best, on their way to its writer. */
class ComparableEntries implements EntrySink {
  readonly #sink: EntrySink;
  readonly #keep: KeepAttributes;
  /** What hard links are other names of. */
  readonly #linked = new Set<ByteString>();
  /** Of directories: the next entry of the same directory adds to them. */
  readonly #xattrs = new Map<ByteString, ReadonlyMap<ByteString, Uint8Array>>();
  #file:
    | { readonly segments: { offset: number; length: number }[]; readonly sizeBytes: number; at: number }
    | undefined;
  /** False: a name that a hard link was made of is another file now, and an index knows the last one alone. */
  isTold = true;

  constructor(sink: EntrySink, keep: KeepAttributes) {
    this.#sink = sink;
    this.#keep = keep;
  }

  entry(entry: FileEntry): void {
    this.finish();
    const { segments, ...whole } = this.#withEarlierXattrs(this.#keep(entry));
    if (entry.kind === 'hardlink') this.#linked.add(entry.target);
    if (entry.kind !== 'directory' && this.#linked.has(entry.path)) this.isTold = false;
    this.#sink.entry(whole);
    if (segments === undefined) return;
    this.#file = { segments: segments.map((segment) => ({ ...segment })), sizeBytes: entry.sizeBytes, at: 0 };
  }

  content(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) {
      this.#sink.content(bytes);
      return;
    }
    for (let used = 0; used < bytes.length; ) {
      const [segment] = file.segments;
      if (segment === undefined) return;
      this.#fillTo(segment.offset);
      const part = bytes.subarray(used, used + segment.length);
      this.#sink.content(part);
      used += part.length;
      file.at += part.length;
      segment.offset += part.length;
      segment.length -= part.length;
      if (segment.length === 0) file.segments.shift();
    }
  }

  /** To be called after the last entry. */
  finish(): void {
    if (this.#file !== undefined) this.#fillTo(this.#file.sizeBytes);
    this.#file = undefined;
  }

  #fillTo(end: number): void {
    const file = this.#file;
    while (file !== undefined && file.at < end) {
      const part = ZEROS.subarray(0, Math.min(ZEROS.length, end - file.at));
      this.#sink.content(part);
      file.at += part.length;
    }
  }

  #withEarlierXattrs(entry: FileEntry): FileEntry {
    const before = this.#xattrs.get(entry.path);
    if (entry.kind !== 'directory') {
      if (before !== undefined) this.#xattrs.delete(entry.path);
      return entry;
    }
    const xattrs = new Map([...(before ?? []), ...(entry.xattrs ?? [])]);
    if (xattrs.size === 0) return entry;
    this.#xattrs.set(entry.path, xattrs);
    return { ...entry, xattrs };
  }
}
