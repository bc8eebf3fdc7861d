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
  if (abandoned.length === 0 && !content.hasAbandoned() && !layers.hasAbandoned()) return;
  const all = images.list();
  const held = leases.held();
  const tops = all.flatMap((image) => toChainIds(image.layers).at(-1) ?? []);
  layers.sweep([...tops, ...([...held] as ChainId[])]);
  content.sweep(new Set([...held, ...listUsedContent(images)]));
  database.transaction(() => {
    // What is whole and would be kept for an hour: nobody comes back for it. Another operation may have taken it up meanwhile.
    const used = listUsedContent(images);
    for (const digest of abandoned) if (!used.has(digest) && !leases.isHeld(digest)) content.remove(digest);
    leases.forgetAbandoned();
  });
}
