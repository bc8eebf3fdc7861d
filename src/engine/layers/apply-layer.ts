import type { DiffId } from '../../model/ids.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { fillLayer } from './fill-layer.js';
import type { LayerSink } from './layer-sink.js';
import { openPlainTar, type PlainTarOptions } from './plain-tar.js';

export interface ApplyOptions extends Omit<PlainTarOptions, 'into'> {
  /** Keeps it. */
  readonly sink: LayerSink;
  /** The file that becomes its index; there is none where only the folder can tell what became of the entries. */
  readonly index: string;
  /** There are layers below: whiteouts count. */
  readonly hasBelow: boolean;
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
export async function applyLayer(options: ApplyOptions): Promise<AppliedLayer> {
  const { sink } = options;
  const tar = openPlainTar({ ...options, ...(sink.tarPath === undefined ? {} : { into: sink.tarPath }) });
  const filling = fillLayer({ ...options, ...(tar.digest && { digest: tar.digest }) });
  const reader = new TarReader(filling.entries);
  let plainBytes = 0;
  try {
    for await (const bytes of tar.read()) {
      plainBytes += bytes.length;
      reader.push(bytes);
      options.onProgress?.(plainBytes);
      await sink.drain();
    }
    reader.finish();
    const digests = tar.finish();
    // Whoever waits for it hears it.
    digests.catch(() => undefined);
    // The last of them are taken meanwhile.
    filling.settle();
    const { diffId, parts } = await digests;
    await filling.keep();
    return { diffId, sizeBytes: filling.finish(parts) };
  } catch (error) {
    await filling.abort();
    throw error;
  } finally {
    tar.close();
  }
}
