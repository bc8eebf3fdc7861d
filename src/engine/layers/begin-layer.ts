import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../model/errors.js';
import type { ChainId, DiffId } from '../../model/ids.js';
import type { Layer } from '../../model/layer.js';
import type { FileDigest } from '../../platform/file-digest/file-digests.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import type { EntrySink } from '../../platform/tar/file-entry.js';
import { toChainId } from './chain-id.js';
import type { StorageDriver } from './drivers/storage-driver.js';
import { INDEX_FILE } from './file-index/layer-indexes.js';
import { removePath } from './remove-role.js';

export interface BeginLayerOptions {
  /** What it is to stand on: absent where that is nothing, or is told when it is finished. */
  readonly parent?: ChainId;
  /** The file that becomes its tar, plain. */
  readonly tar: string;
  /** Of that file: takes the digests of what is in it beside. */
  readonly digest?: FileDigest;
}

/** A layer whose entries come as they go into its tar. */
export interface BegunLayer {
  /** What was told at its beginning. */
  readonly parent?: ChainId;
  /** Takes the entries, as a reader of the tar tells them. */
  readonly entries: EntrySink;
  /** Waits until most of what was put is taken; call it between parts. Rejects with EngineError. */
  drain(): Promise<void>;
  /** It has whiteouts: with nothing below it would be another layer, as they are none there. */
  hidesBelow(): boolean;
  /** When the tar is whole: does what needs neither DiffID nor digests. Rejects with EngineError. */
  settle(): Promise<void>;
  /** The rest. The DiffID may be on its way. Rejects with EngineError, or as that does. */
  finish(diffId: DiffId | Promise<DiffId>, end?: LayerEnd): Promise<void>;
  /** Puts what is finished in its place. Throws conflict (the layer below was removed meanwhile). */
  commit(): Layer;
  /** Ends it, and deletes what has not become a layer. */
  discard(): Promise<void>;
}

export interface LayerEnd {
  /** What it stands on, where that was not told at its beginning. */
  readonly parent?: ChainId;
  /** What `digest` has of its parts. */
  readonly parts?: Buffer;
}

export interface BeginLayerJob extends BeginLayerOptions {
  readonly program: string;
  readonly spawner: ProcessSpawner;
  readonly driver: StorageDriver;
  /** In the staging folder; gone when it has become the layer. */
  readonly place: string;
  readonly folderOf: (id: ChainId) => string;
  /** Puts what is at the place where the layer belongs. */
  readonly commit: (layer: Layer) => Layer;
}

/** `LayerStore.begin` */
export async function beginLayer(job: BeginLayerJob): Promise<BegunLayer | undefined> {
  const { program, spawner, driver, place, tar, parent, digest } = job;
  if (!driver.isStacked) return undefined;
  try {
    const below = parent === undefined ? {} : { parent: job.folderOf(parent) };
    const draft = await driver.beginLayer(place, { program, tar, hasBelow: true, ...below });
    const index = join(place, INDEX_FILE);
    const { fillLayer } = await import('./fill-layer.js');
    const filling = fillLayer({ sink: draft.sink, index, hasBelow: true, ...(digest && { digest }) });
    let settled: Promise<void> | undefined;
    let made: Layer | undefined;
    const settleIt = async (): Promise<void> => {
      filling.settle();
      await filling.keep();
      await draft.finish();
    };
    const settle = (): Promise<void> => {
      settled ??= settleIt();
      return settled;
    };
    return {
      ...(parent === undefined ? {} : { parent }),
      entries: filling.entries,
      drain: () => draft.sink.drain(),
      hidesBelow: filling.hidesBelow,
      settle,
      async finish(given, end = {}) {
        await settle();
        const sizeBytes = filling.finish(end.parts);
        const diffId = await given;
        const on = parent ?? end.parent;
        made = { diffId, sizeBytes, chainId: toChainId(on, diffId), ...(on === undefined ? {} : { parent: on }) };
      },
      commit() {
        if (made === undefined) throw new EngineError('internal', 'the layer is not finished');
        return job.commit(made);
      },
      async discard() {
        if (made === undefined) await filling.abort();
        if (existsSync(place)) await removePath(spawner, place);
      },
    };
  } catch (error) {
    if (existsSync(place)) await removePath(spawner, place);
    if (error instanceof EngineError) throw error;
    throw new EngineError('unavailable', `cannot make the place of a layer: ${messageOf(error)}`, { cause: error });
  }
}
