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

/** The same with a layer; false if something needs it: an image, an operation, another layer, a container. */
export function removeUnusedLayer(parts: Stores, id: ChainId, besides?: Lease): boolean {
  const { database, leases, layers, images } = parts;
  try {
    return database.transaction(() => {
      const isUsed = images.list().some((image) => toChainIds(image.layers).includes(id));
      if (isUsed || leases.isHeld(id, besides)) return false;
      layers.remove(id);
      return true;
    });
  } catch (error) {
    if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return false;
    throw error;
  }
}
