import { createHash } from 'node:crypto';
import { EngineError } from '../../model/errors.js';
import { type DiffId, isDigest } from '../../model/ids.js';
import type { EntrySink, FileEntry } from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { guardExpansion } from '../content/expansion-guard.js';
import { createIndexWriter } from './file-index/index-writer.js';
import { readLayerEntries } from './layer-reader.js';
import { startUnpacking } from './unpack-role.js';

export interface ApplyOptions {
  /** Path of gantry-init. */
  readonly program: string;
  /** An empty folder that becomes the layer. */
  readonly folder: string;
  /** The file that becomes its index; there is none where only the folder can tell what became of the entries. */
  readonly index: string;
  /** There are layers below: whiteouts count. */
  readonly hasBelow: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of plain bytes read so far, a few times a second at most. */
  readonly onProgress?: (doneBytes: number) => void;
}

export interface AppliedLayer {
  readonly diffId: DiffId;
  /** Of its regular files. */
  readonly sizeBytes: number;
}

/**
 * Unpacks a layer's tar, plain or compressed, into a folder, whiteouts in overlay's form, and computes its DiffID. On a
 * failure the caller deletes the folder. Rejects: invalid-argument (hostile, broken or cut off), cancelled, unavailable
 * (no space).
 */
export async function applyLayer(source: AsyncIterable<Uint8Array>, options: ApplyOptions): Promise<AppliedLayer> {
  const unpacking = startUnpacking({
    program: options.program,
    root: { kind: 'directory', path: options.folder },
    overlayWhiteouts: true,
  });
  const index = createIndexWriter(options.index);
  const counter = countBytes(readLayerEntries(putInBoth(unpacking, index), options.hasBelow));
  const reader = new TarReader(counter.sink);
  const hash = createHash('sha256');
  const guard = guardExpansion(source, options.signal);
  let plainBytes = 0;
  try {
    for await (const bytes of decompress(guard.source)) {
      plainBytes += bytes.length;
      guard.check(plainBytes);
      hash.update(bytes);
      reader.push(bytes);
      options.onProgress?.(plainBytes);
      await unpacking.drain();
    }
    reader.finish();
    index.finish();
    await unpacking.finish();
  } catch (error) {
    index.abort();
    await unpacking.abort();
    throw error;
  }
  const diffId = `sha256:${hash.digest('hex')}`;
  if (!isDigest(diffId)) throw new EngineError('internal', `${diffId} is no digest`);
  return { diffId: diffId as DiffId, sizeBytes: counter.sizeBytes() };
}

function putInBoth(one: EntrySink, other: EntrySink): EntrySink {
  return {
    entry(entry) {
      one.entry(entry);
      other.entry(entry);
    },
    content(bytes) {
      one.content(bytes);
      other.content(bytes);
    },
  };
}

function countBytes(sink: EntrySink): { sink: EntrySink; sizeBytes(): number } {
  let sum = 0;
  return {
    sink: {
      entry(entry: FileEntry) {
        sum += entry.sizeBytes;
        sink.entry(entry);
      },
      content: (bytes) => sink.content(bytes),
    },
    sizeBytes: () => sum,
  };
}
