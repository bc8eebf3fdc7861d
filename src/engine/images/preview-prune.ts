import type { ChainId, ContainerId, Digest } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import type { PruneReport } from '../engine.js';
import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';
import { listContent } from './image-store.js';
import type { FindImageUsers } from './remove.js';

export interface PreviewOptions {
  readonly isWanted: (image: Image) => boolean;
  readonly findUsers: FindImageUsers;
  /** As if these containers had been removed. */
  readonly without: readonly ContainerId[];
}

/** What a prune would remove now, and the bytes of what would go with it: the layers and blobs that no other image has. */
export function previewPrune(parts: ImageParts, { isWanted, findUsers, without }: PreviewOptions): PruneReport {
  const gone: readonly string[] = without;
  const isFree = (image: Image): boolean => findUsers(image.id).every(({ id }) => gone.includes(id));
  const all = parts.images.list();
  const removed = all.filter((image) => isWanted(image) && isFree(image));
  const kept = all.filter((image) => !removed.includes(image));
  const [keptLayers, keptBlobs] = [listLayers(kept), listBlobs(parts, kept)];
  const layers = [...listLayers(removed)].filter((id) => !keptLayers.has(id));
  const blobs = [...listBlobs(parts, removed)].filter((digest) => !keptBlobs.has(digest));
  const layerBytes = layers.map((id) => parts.layers.find(id)?.sizeBytes ?? 0);
  const blobBytes = blobs.map((digest) => parts.content.stat(digest)?.sizeBytes ?? 0);
  return {
    removed: removed.flatMap((image) => [...image.repoTags, ...image.repoDigests, image.id]),
    reclaimedBytes: [...layerBytes, ...blobBytes].reduce((sum, bytes) => sum + bytes, 0),
  };
}

function listLayers(images: readonly Image[]): ReadonlySet<ChainId> {
  return new Set(images.flatMap(({ layers }) => toChainIds(layers)));
}

function listBlobs({ images }: ImageParts, some: readonly Image[]): ReadonlySet<Digest> {
  return new Set(
    some.flatMap(({ id }) => {
      const stored = images.get(id);
      return stored === undefined ? [] : listContent(stored);
    }),
  );
}
