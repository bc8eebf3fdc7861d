import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';
import { listContent, type StoredImage } from './image-store.js';

/** True if all content of an image and all its layers are there; what is in them is for `system check`. */
export function isWhole({ content, layers }: Pick<ImageParts, 'content' | 'layers'>, stored: StoredImage): boolean {
  return (
    listContent(stored).every((digest) => content.stat(digest) !== undefined) &&
    toChainIds(stored.image.layers).every((id) => layers.find(id) !== undefined)
  );
}
