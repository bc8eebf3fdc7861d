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
}

/** A layer and its index on their way. */
export interface LayerFilling {
  /** Takes the entries of its tar, as a reader of that tells them. */
  readonly entries: EntrySink;
  /** After the last entry; resolves with the bytes of its regular files when all of it is there. Rejects with EngineError. */
  finish(): Promise<number>;
  /** Stops; what was made so far stays. Resolves when nothing more is made. */
  abort(): Promise<void>;
}

/** Makes what the entries of a layer's tar say, and its index. On a failure the caller aborts, and deletes what was made. */
export function fillLayer({ sink, index: path, hasBelow }: FillOptions): LayerFilling {
  const index = createIndexWriter(path);
  let sizeBytes = 0;
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
    async finish() {
      await sink.finish(index.finish((file) => sink.settled?.(file)));
      return sizeBytes;
    },
    async abort() {
      index.abort();
      await sink.abort();
    },
  };
}
