import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { ChainId } from '../../model/ids.js';
import type { Layer } from '../../model/layer.js';
import type { StorageDriver } from './drivers/storage-driver.js';
import { type LayerRecord, readLayerRecord } from './layer-record.js';

/** Where layers are and what is known of them. */
export interface LayerFolders {
  folderOf(id: ChainId): string;
  records(): readonly LayerRecord[];
  find(id: ChainId): Layer | undefined;
  /** Rejects: not-found. */
  get(id: ChainId): Layer;
  /** Lowest first. Rejects: not-found. */
  stack(id: ChainId): readonly Layer[];
  /** The root that a layer is with all below it, top first; without a layer one that is empty. */
  lowers(id: ChainId | undefined): readonly string[];
}

/** `root` is the folder of the driver. */
export function openLayerFolders(root: string, driver: Pick<StorageDriver, 'layerFolders'>): LayerFolders {
  const layers = join(root, 'layers');
  const empty = join(root, 'empty');
  mkdirSync(layers, { recursive: true, mode: 0o700 });
  mkdirSync(empty, { recursive: true, mode: 0o755 });
  const folderOf = (id: ChainId) => join(layers, id.slice('sha256:'.length));
  const find = (id: ChainId) => readLayerRecord(folderOf(id))?.layer;
  const get = (id: ChainId): Layer => {
    const layer = find(id);
    if (layer === undefined) throw new EngineError('not-found', `no such layer: ${id}`);
    return layer;
  };
  const stack = (id: ChainId): readonly Layer[] => {
    const found: Layer[] = [];
    for (let next: ChainId | undefined = id; next !== undefined; next = found[0]?.parent) found.unshift(get(next));
    return found;
  };
  return {
    folderOf,
    records: () => readdirSync(layers).flatMap((name) => readLayerRecord(join(layers, name)) ?? []),
    find,
    get,
    stack,
    lowers: (id) =>
      id === undefined
        ? [empty]
        : driver.layerFolders(
            stack(id)
              .map((layer) => folderOf(layer.chainId))
              .reverse(),
          ),
  };
}
