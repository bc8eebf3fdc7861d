import { createHash } from 'node:crypto';
import { EngineError } from '../../model/errors.js';
import { type DiffId, isDigest } from '../../model/ids.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { guardExpansion } from '../content/expansion-guard.js';
import { fillLayer } from './fill-layer.js';
import type { LayerSink } from './layer-sink.js';

export interface ApplyOptions {
  /** Keeps it. */
  readonly sink: LayerSink;
  /** The file that becomes its index; there is none where only the folder can tell what became of the entries. */
  readonly index: string;
  /** There are layers below: whiteouts count. */
  readonly hasBelow: boolean;
  /** Of the source, where that is a plain tar and its digest is known. */
  readonly diffId?: DiffId;
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
 * Puts a layer's tar, plain or compressed, into a sink, writes its index and computes its DiffID. On a failure the caller deletes what
 * was made. Rejects: invalid-argument (hostile, broken or cut off), cancelled, unavailable
 * (no space).
 */
export async function applyLayer(source: AsyncIterable<Uint8Array>, options: ApplyOptions): Promise<AppliedLayer> {
  const { sink } = options;
  const filling = fillLayer(options);
  const reader = new TarReader(filling.entries);
  const hash = options.diffId === undefined ? createHash('sha256') : undefined;
  const guard = guardExpansion(source, options.signal);
  let plainBytes = 0;
  try {
    for await (const bytes of decompress(guard.source)) {
      plainBytes += bytes.length;
      guard.check(plainBytes);
      sink.tar?.(bytes);
      hash?.update(bytes);
      reader.push(bytes);
      options.onProgress?.(plainBytes);
      await sink.drain();
    }
    reader.finish();
    const sizeBytes = await filling.finish();
    return { diffId: options.diffId ?? toDiffId(hash?.digest('hex')), sizeBytes };
  } catch (error) {
    await filling.abort();
    throw error;
  }
}

function toDiffId(hex: string | undefined): DiffId {
  const diffId = `sha256:${hex}`;
  if (!isDigest(diffId)) throw new EngineError('internal', `${diffId} is no digest`);
  return diffId as DiffId;
}
