import type { ChainId } from '../../model/ids.js';
import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';
import { listContent } from './image-store.js';

/**
 * Deletes what processes left behind that died while they loaded, imported or removed an image. Cheap where there is
 * nothing: then two folders are looked into.
 */
export async function sweepImages(parts: Pick<ImageParts, 'content' | 'layers' | 'images' | 'leases'>): Promise<void> {
  const { content, layers, images, leases } = parts;
  if (!content.hasAbandoned() && !layers.hasAbandoned()) return;
  const all = images.list();
  const held = leases.held();
  const tops = all.flatMap((image) => toChainIds(image.layers).at(-1) ?? []);
  await layers.sweep([...tops, ...([...held] as ChainId[])]);
  const stored = all.flatMap(({ id }) => images.get(id) ?? []);
  content.sweep(new Set([...held, ...stored.flatMap(listContent)]));
}
