import { EngineError } from '../../model/errors.js';
import type { ChainId, Digest } from '../../model/ids.js';
import type { Lease } from '../content/leases.js';
import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';
import { listUsedContent } from './image-store.js';

type Stores = Pick<ImageParts, 'database' | 'leases' | 'content' | 'layers' | 'images'>;

/**
 * Removes those of the blobs that no image has and no operation other than `besides` needs. In one transaction with the look, so
 * that whoever holds one and then finds it there keeps it.
 */
export function removeUnusedContent(parts: Stores, digests: Iterable<Digest>, besides?: Lease): void {
  const { database, leases, content, images } = parts;
  database.transaction(() => {
    const used = listUsedContent(images);
    for (const digest of digests) if (!used.has(digest) && !leases.isHeld(digest, besides)) content.remove(digest);
  });
}

/**
 * The same with layers, from the top down, until one is needed: by an image, an operation, another layer, a container. `ids` are lowest
 * first; gives those that are gone, topmost first.
 */
export function removeUnusedLayers(parts: Stores, ids: readonly ChainId[], besides?: Lease): readonly ChainId[] {
  const { database, leases, layers, images } = parts;
  return database.transaction(() => {
    const used = new Set(images.list().flatMap((image) => toChainIds(image.layers)));
    const removed: ChainId[] = [];
    for (const id of ids.toReversed()) {
      if (used.has(id) || leases.isHeld(id, besides) || !tryRemove(layers, id)) break;
      removed.push(id);
    }
    return removed;
  });
}

function tryRemove(layers: ImageParts['layers'], id: ChainId): boolean {
  try {
    layers.remove(id);
    return true;
  } catch (error) {
    if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return false;
    throw error;
  }
}
