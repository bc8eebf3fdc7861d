import { EngineError } from '../../model/errors.js';
import type { ChainId } from '../../model/ids.js';
import { overlayDriver } from './drivers/overlay-driver.js';
import type { StorageDriver } from './drivers/storage-driver.js';
import { type LayerStore, type LayerStoreOptions, openLayerStore } from './layer-store.js';
import { createRemovals } from './removals.js';
import type { WritableLayers } from './writable-layers.js';

export interface LayerStoresOptions extends Omit<LayerStoreOptions, 'driver'> {
  /** The first makes what is new; the others have something in this state root. Default: the kernel's overlay. */
  readonly drivers?: readonly [StorageDriver, ...StorageDriver[]];
}

/**
 * The layers of all drivers of a state root as one store: what the others made is found and goes like what the first has, and
 * their containers stay theirs.
 */
export function openLayerStores({ drivers = [overlayDriver], ...options }: LayerStoresOptions): LayerStore {
  const removals = options.removals ?? createRemovals(options.spawner, options.logger);
  const [first, ...others] = drivers.map((driver) => openLayerStore({ ...options, driver, removals }));
  if (first === undefined) throw new EngineError('internal', 'no storage driver');
  return others.length === 0 ? first : join(first, others);
}

function join(first: LayerStore, others: readonly LayerStore[]): LayerStore {
  const all = [first, ...others];
  const withLayer = (id: ChainId): LayerStore => all.find((store) => store.has(id)) ?? first;
  return {
    isStacked: first.isStacked,
    keepsTars: first.keepsTars,
    list: () => [...new Map(all.flatMap((store) => store.list()).map((layer) => [layer.chainId, layer])).values()],
    find: (id) => withLayer(id).find(id),
    has: first.has,
    stack: (id) => withLayer(id).stack(id),
    lowers: first.lowers,
    rootOf: (id) => withLayer(id).rootOf(id),
    apply: first.apply,
    begin: first.begin,
    remove(id) {
      const having = all.filter((store) => store.has(id));
      for (const store of having.length === 0 ? [first] : having) store.remove(id);
    },
    // They share the folder for what is on its way.
    abandoned: first.abandoned,
    sweep(kept, left) {
      for (const store of all) store.sweep(kept, left);
    },
    withdraw: first.withdraw,
    close: first.close,
    places: all.flatMap(({ places }) => places),
    indexes: {
      stack: (id) => withLayer(id).indexes.stack(id),
      ofEntries: first.indexes.ofEntries,
      ofFolder: first.indexes.ofFolder,
    },
    writable: joinWritable(
      first.writable,
      others.map(({ writable }) => writable),
    ),
  };
}

function joinWritable(first: WritableLayers, others: readonly WritableLayers[]): WritableLayers {
  const all = [first, ...others];
  const withContainer = (id: string): WritableLayers => all.find((layers) => layers.has(id)) ?? first;
  return {
    prepare: first.prepare,
    get: (id) => withContainer(id).get(id),
    has: (id) => withContainer(id).has(id),
    release: (id, paths) => withContainer(id).release(id, paths),
    isOn: (id) => all.some((layers) => layers.isOn(id)),
    list: () => all.flatMap((layers) => layers.list()),
  };
}
