import { EngineError } from '../../model/errors.js';
import type { ChainId, Digest } from '../../model/ids.js';
import type { Lease } from '../content/leases.js';
import type { ImageParts } from './image-parts.js';

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

/** The same with a layer; false if something needs it: an operation, another layer, a container. */
export async function removeUnheldLayer(
  { database, leases, layers }: Stores,
  id: ChainId,
  besides?: Lease,
): Promise<boolean> {
  // The layer leaves its place before `remove` waits for anything, and so inside the transaction.
  const removal = database.transaction(() => (leases.isHeld(id, besides) ? undefined : layers.remove(id)));
  try {
    await removal;
    return removal !== undefined;
  } catch (error) {
    if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return false;
    throw error;
  }
}
