import type { ChainId, ImageId } from '../model/ids.js';
import type { Image } from '../model/image.js';
import type { Layer } from '../model/layer.js';

/** Of an image's bytes, what goes with it and what other images have too. */
export interface ImageShare {
  readonly uniqueBytes: number;
  readonly sharedBytes: number;
}

/** Which image stands on which layer of the store; made once for each reading of both. */
export interface LayerUse {
  share(id: ImageId): ImageShare | undefined;
  /** Bytes of the layers on which nothing stands but these images; undefined where the engine does not tell its layers. */
  freedWith(ids: ReadonlySet<ImageId>): number | undefined;
}

/** `layers` are all of the store; undefined: the engine does not tell them. */
export function readLayerUse(images: readonly Image[], layers: readonly Layer[] | undefined): LayerUse {
  if (layers === undefined) return { share: () => undefined, freedWith: () => undefined };
  const above = new Map(layers.map((layer) => [`${layer.parent ?? ''} ${layer.diffId}`, layer]));
  const users = new Map<ChainId, Set<ImageId>>();
  const sizes = new Map<ChainId, number>();
  const stacks = new Map<ImageId, readonly Layer[]>();
  for (const image of images) {
    const stack = findStack(image, above);
    stacks.set(image.id, stack);
    for (const { chainId, sizeBytes } of stack) {
      sizes.set(chainId, sizeBytes);
      const known = users.get(chainId);
      if (known === undefined) users.set(chainId, new Set([image.id]));
      else known.add(image.id);
    }
  }
  const shares = new Map([...stacks].map(([id, stack]) => [id, measureShare(stack, users)]));
  return {
    share: (id) => shares.get(id),
    freedWith: (ids) => {
      let bytes = 0;
      for (const [chainId, having] of users) {
        if ([...having].every((id) => ids.has(id))) bytes += sizes.get(chainId) ?? 0;
      }
      return bytes;
    },
  };
}

function measureShare(
  stack: readonly Layer[],
  users: ReadonlyMap<ChainId, ReadonlySet<ImageId>>,
): ImageShare | undefined {
  if (stack.length === 0) return undefined;
  const bytes = { uniqueBytes: 0, sharedBytes: 0 };
  for (const { chainId, sizeBytes } of stack) {
    bytes[(users.get(chainId)?.size ?? 0) > 1 ? 'sharedBytes' : 'uniqueBytes'] += sizeBytes;
  }
  return bytes;
}

/** From the lowest up, as far as the store has them. */
function findStack({ layers }: Image, above: ReadonlyMap<string, Layer>): readonly Layer[] {
  const stack: Layer[] = [];
  for (const diffId of layers) {
    const layer = above.get(`${stack.at(-1)?.chainId ?? ''} ${diffId}`);
    if (layer === undefined) break;
    stack.push(layer);
  }
  return stack;
}
