import type { Container } from './container.js';
import type { ImageId } from './ids.js';
import type { HistoryEntry, Image } from './image.js';
import type { Layer } from './layer.js';

export interface SharedLayer {
  readonly layer: Layer;
  /** Other images that have the layer at the same place above the same layers: it is stored once for all. */
  readonly images: readonly Image[];
  /** Other containers that stand on it. */
  readonly containers: readonly Container[];
}

/** Who else has each layer of an image, or of a container's image, lowest first. */
export function findSharing(
  container: Pick<Container, 'imageId'> & { readonly id?: Container['id'] },
  layers: readonly Layer[],
  { images, containers }: { readonly images: readonly Image[]; readonly containers: Iterable<Container> },
): readonly SharedLayer[] {
  const all = [...containers];
  // Once an image has another layer than ours, nothing above it is the same chain.
  let having = images.filter(({ id }) => id !== container.imageId);
  return layers.map((layer, index) => {
    having = having.filter((image) => image.layers[index] === layer.diffId);
    const ids = new Set<ImageId>([container.imageId, ...having.map(({ id }) => id)]);
    return {
      layer,
      images: having,
      containers: all.filter(({ id, imageId }) => id !== container.id && ids.has(imageId)),
    };
  });
}

/** What made each layer of an image, the lowest first. */
export function listInstructions(history: readonly HistoryEntry[]): readonly string[] {
  return history
    .filter(({ emptyLayer }) => !emptyLayer)
    .map(({ createdBy }) => createdBy)
    .reverse();
}
