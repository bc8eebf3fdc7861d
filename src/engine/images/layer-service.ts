import { EngineError } from '../../model/errors.js';
import type { ByteStream, Cancellable, LayerPath, LayerService } from '../engine.js';
import { toChainIds } from '../layers/chain-id.js';
import type { LayerStore } from '../layers/layer-store.js';
import { streamPath } from '../layers/stream-path.js';
import type { ImageParts } from './image-parts.js';

export function createLayerService(
  { layers, images, program }: Pick<ImageParts, 'layers' | 'images' | 'program'>,
  filesOfContainer: LayerService['filesOfContainer'],
): LayerService {
  const idsOf = (ref: string) => toChainIds(images.resolve(ref).image.layers);
  return {
    list: () => Promise.resolve(layers.list()),
    inspect: async (id) => {
      const layer = await Promise.resolve(layers.find(id));
      if (layer === undefined) throw new EngineError('not-found', `No such layer: ${id}`);
      return layer;
    },
    ofImage: async (ref) => (await Promise.resolve(idsOf(ref))).flatMap((id) => layers.find(id) ?? []),
    filesOfImage: async (ref) => {
      const top = idsOf(ref).at(-1);
      const { createLayerFiles } = await import('../layers/file-index/layer-files.js');
      return createLayerFiles(top === undefined ? [] : await layers.indexes.stack(top));
    },
    filesOfContainer,
    readArchive: async (ref, source, options = {}) =>
      await Promise.resolve(readLayerArchive({ layers, program, ids: idsOf(ref) }, source, options)),
    foldersOf: async (ref) => {
      const top = (await Promise.resolve(idsOf(ref))).at(-1);
      return layers.isStacked && top !== undefined && layers.has(top) ? layers.lowers(top) : [];
    },
  };
}

interface Stack {
  readonly layers: LayerStore;
  readonly program: string;
  /** The lowest first. */
  readonly ids: ReturnType<typeof toChainIds>;
}

function readLayerArchive({ layers, program, ids }: Stack, source: LayerPath, { signal }: Cancellable): ByteStream {
  const number = source.layer ?? ids.length - 1;
  const id = ids[number];
  if (id === undefined) {
    throw new EngineError('invalid-argument', `no layer ${number}: there are ${ids.length}, numbered from 0`);
  }
  return streamPath({ program, root: layers.rootOf(id), path: source.path, ...(signal && { signal }) });
}
