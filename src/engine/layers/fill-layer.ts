import type { FileDigest } from '../../platform/file-digest/file-digests.js';
import type { EntrySink } from '../../platform/tar/file-entry.js';
import { createIndexWriter } from './file-index/index-writer.js';
import { readLayerEntries } from './layer-reader.js';
import type { LayerSink } from './layer-sink.js';

export interface FillOptions {
  /** Keeps it. */
  readonly sink: LayerSink;
  /** The file that becomes its index; there is none where only the folder can tell what became of the entries. */
  readonly index: string;
  /** There are layers below: whiteouts count. */
  readonly hasBelow: boolean;
  /** Of the file that their content is in, plain: takes digests of it beside. */
  readonly digest?: FileDigest;
}

/** A layer and its index on their way. */
export interface LayerFilling {
  /** Takes the entries of its tar, as a reader of that tells them. */
  readonly entries: EntrySink;
  /** It has whiteouts so far: where nothing is below, they are none. */
  hidesBelow(): boolean;
  /** After the last entry, its index without the digests. Throws EngineError. */
  settle(): void;
  /** Then the layer itself, when its tar is whole and nobody reads it any more where it was told to be. Rejects with EngineError. */
  keep(): Promise<void>;
  /** Then the rest of the index. `parts`: what `digest` has of them. Returns the bytes of its regular files. Throws EngineError. */
  finish(parts?: Buffer): number;
  /** Stops; what was made so far stays. Resolves when nothing more is made. */
  abort(): Promise<void>;
}

/** Makes what the entries of a layer's tar say, and its index. On a failure the caller aborts, and deletes what was made. */
export function fillLayer({ sink, index: path, hasBelow, digest }: FillOptions): LayerFilling {
  const index = createIndexWriter(path, digest);
  let sizeBytes = 0;
  let isSettled = false;
  let hidesBelow = false;
  const both: EntrySink = {
    entry(entry) {
      sizeBytes += entry.sizeBytes;
      hidesBelow ||= entry.kind === 'whiteout' || entry.kind === 'opaque';
      sink.entry(entry);
      index.entry(entry);
    },
    content(bytes) {
      sink.content(bytes);
      index.content(bytes);
    },
  };
  return {
    entries: readLayerEntries(both, hasBelow),
    hidesBelow: () => hidesBelow,
    settle() {
      isSettled = index.settle((file) => sink.settled?.(file));
    },
    keep: () => sink.finish(isSettled),
    finish(parts) {
      if (isSettled) index.finish(parts);
      return sizeBytes;
    },
    async abort() {
      index.abort();
      await sink.abort();
    },
  };
}
