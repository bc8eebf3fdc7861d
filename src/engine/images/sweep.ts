import type { Digest } from '../../model/ids.js';
import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';

/**
 * Deletes what processes left behind that died while they loaded, imported or removed an image. Cheap where there is
 * nothing: then two folders are looked into.
 */
export async function sweepImages(parts: Pick<ImageParts, 'content' | 'layers' | 'images'>): Promise<void> {
  const { content, layers, images } = parts;
  if (!content.hasAbandoned() && !layers.hasAbandoned()) return;
  const all = images.list();
  await layers.sweep(all.flatMap((image) => toChainIds(image.layers).at(-1) ?? []));
  const used = new Set<Digest>();
  for (const { id } of all) for (const digest of [id, ...(images.get(id)?.layerBlobs ?? [])]) used.add(digest);
  content.sweep(used);
}
