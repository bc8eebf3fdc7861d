import { EngineError } from '../../model/errors.js';
import type { ImageId } from '../../model/ids.js';
import { toChainIds } from '../layers/chain-id.js';
import { applyLayers } from './apply-layers.js';
import type { ImageParts } from './image-parts.js';

/**
 * Unpacks an image's layers from its blobs where the storage driver that makes what is new has them not: another one may have been
 * in use when the image came. Rejects: not-found.
 */
export async function unpackImage(
  { images, layers, leases, content }: Pick<ImageParts, 'images' | 'layers' | 'leases' | 'content'>,
  id: ImageId,
): Promise<void> {
  const stored = images.get(id);
  if (stored === undefined) throw new EngineError('not-found', `No such image: ${id}`);
  const { image, layerBlobs } = stored;
  const chainIds = toChainIds(image.layers);
  const lease = leases.open();
  try {
    for (const digest of [...chainIds, ...layerBlobs]) lease.hold(digest);
    const missing = image.layers[layerBlobs.length];
    if (missing !== undefined) throw new EngineError('internal', `the image has no content for layer ${missing}`);
    const blobs = layerBlobs.map((digest) => content.open(digest));
    await applyLayers({ layers }, { diffIds: image.layers, blobs, onNew: () => undefined });
  } finally {
    lease.release();
  }
}
