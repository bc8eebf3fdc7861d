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
  /** After the last entry: does what needs no digest. Throws EngineError. */
  settle(): void;
  /**
   * Resolves with the bytes of its regular files when all of it is there. `parts`: what `digest` has of them. Rejects with EngineError.
   */
  finish(parts?: Buffer): Promise<number>;
  /** Stops; what was made so far stays. Resolves when nothing more is made. */
  abort(): Promise<void>;
}

/** Makes what the entries of a layer's tar say, and its index. On a failure the caller aborts, and deletes what was made. */
export function fillLayer({ sink, index: path, hasBelow, digest }: FillOptions): LayerFilling {
  const index = createIndexWriter(path, digest);
  let sizeBytes = 0;
  let isSettled = false;
  const both: EntrySink = {
    entry(entry) {
      sizeBytes += entry.sizeBytes;
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
    settle() {
      isSettled = index.settle((file) => sink.settled?.(file));
    },
    async finish(parts) {
      if (isSettled) index.finish(parts);
      await sink.finish(isSettled);
      return sizeBytes;
    },
    async abort() {
      index.abort();
      await sink.abort();
    },
  };
}
