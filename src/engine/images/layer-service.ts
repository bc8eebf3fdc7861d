import { EngineError } from '../../model/errors.js';
import type { LayerService } from '../engine.js';
import { toChainIds } from '../layers/chain-id.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { ImageStore } from './image-store.js';

export function createLayerService(layers: LayerStore, images: ImageStore): LayerService {
  return {
    list: () => Promise.resolve(layers.list()),
    inspect: async (id) => {
      const layer = await Promise.resolve(layers.find(id));
      if (layer === undefined) throw new EngineError('not-found', `No such layer: ${id}`);
      return layer;
    },
    ofImage: async (ref) => {
      const { image } = await Promise.resolve(images.resolve(ref));
      return toChainIds(image.layers).flatMap((id) => layers.find(id) ?? []);
    },
    foldersOf: async (ref) => {
      const { image } = await Promise.resolve(images.resolve(ref));
      const top = toChainIds(image.layers).at(-1);
      return layers.isStacked && top !== undefined && layers.has(top) ? layers.lowers(top) : [];
    },
  };
}
