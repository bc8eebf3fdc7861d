import { EngineError } from '../../model/errors.js';
import type { ChainId, Digest } from '../../model/ids.js';
import type { Lease } from '../content/leases.js';
import type { ImageParts } from './image-parts.js';
import { listUsedContent } from './image-store.js';

type Stores = Pick<ImageParts, 'database' | 'leases' | 'content' | 'layers'>;

/**
 * Removes a blob that no image has, unless an operation other than `besides` needs it. In one transaction with the look, so
 * that whoever holds it and then finds it there keeps it.
 */
export function removeUnheldContent({ database, leases, content }: Stores, digest: Digest, besides?: Lease): void {
  database.transaction(() => {
    if (!leases.isHeld(digest, besides)) content.remove(digest);
  });
}

/** Removes those of the blobs that no image has and no operation needs. */
export function removeUnusedContent(
  parts: Stores & Pick<ImageParts, 'images'>,
  digests: Iterable<Digest>,
  besides?: Lease,
): void {
  const used = listUsedContent(parts.images);
  for (const digest of digests) if (!used.has(digest)) removeUnheldContent(parts, digest, besides);
}

/** The same with a layer; false if something needs it: an operation, another layer, a container. */
export function removeUnheldLayer({ database, leases, layers }: Stores, id: ChainId, besides?: Lease): boolean {
  try {
    return database.transaction(() => {
      if (leases.isHeld(id, besides)) return false;
      layers.remove(id);
      return true;
    });
  } catch (error) {
    if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return false;
    throw error;
  }
}
