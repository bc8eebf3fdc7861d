import type { ChainId } from '../../model/ids.js';
import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';
import { listUsedContent } from './image-store.js';

/**
 * Deletes what processes left behind that died while they pulled, loaded, imported or removed an image. Cheap where
 * there is nothing: then two folders and a table are looked into.
 */
export function sweepImages(parts: Pick<ImageParts, 'database' | 'content' | 'layers' | 'images' | 'leases'>): void {
  const { database, content, layers, images, leases } = parts;
  const abandoned = leases.abandoned();
  if (abandoned.leases.length + content.abandoned().length + layers.abandoned().length === 0) return;
  // Whoever takes something up holds it first, which is a write: nobody can between the look and the removal.
  database.transaction(() => {
    const held = leases.held();
    const kept = images.list().flatMap((image) => toChainIds(image.layers));
    layers.sweep([...kept, ...([...held] as ChainId[])], new Set(abandoned.digests as readonly ChainId[]));
    const used = new Set([...held, ...listUsedContent(images)]);
    content.sweep(used);
    // What is whole and would be kept for an hour: nobody comes back for it.
    for (const digest of abandoned.digests) if (!used.has(digest)) content.remove(digest);
    leases.forget(abandoned);
  });
}
