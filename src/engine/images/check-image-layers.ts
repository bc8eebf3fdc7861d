import { EngineError } from '../../model/errors.js';
import type { Problem } from '../../model/finding.js';
import type { ChainId, DiffId, Digest } from '../../model/ids.js';
import { toChainIds } from '../layers/chain-id.js';
import { type LayerFolder, listLayerFolders } from '../layers/check-layers.js';
import { createLayerComparer, type LayerComparer } from '../layers/layer-comparer.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { CheckImagesOptions } from './check-images-options.js';
import type { StoredImage } from './image-store.js';

/** A layer that images have, with all that is known of it. */
interface WantedLayer {
  readonly chainId: ChainId;
  readonly diffId: DiffId;
  readonly parent?: ChainId;
  /** Blobs that it can be made of: one for each image, often the same. */
  readonly blobs: readonly Digest[];
  readonly images: readonly string[];
}

/**
 * Every layer of the images is there, and its files are those of its blob. Lower layers come first, so that what is mended
 * stands on what is whole.
 */
export async function* checkImageLayers(
  options: CheckImagesOptions,
  images: readonly StoredImage[],
): AsyncGenerator<Problem> {
  const wanted = listWanted(options, images);
  const folders = Map.groupBy(listLayerFolders(options.layers), ({ chainId }) => chainId);
  const comparer = createLayerComparer(options);
  for (const layer of wanted.values()) {
    options.count('layers', 1);
    const { chainId } = layer;
    // Another storage driver makes one that it lacks of its blob when it needs it; and another process may have removed the image
    // meanwhile, and its layers with it.
    if (!folders.has(chainId) && isWantedAndMissing(options, chainId)) {
      const mend = () => unpackAgain(options, layer, options.layers);
      yield { finding: { kind: 'layer-missing', chainId, images: layer.images }, mend };
    }
    for (const folder of folders.get(chainId) ?? []) {
      const detail =
        folder.defect ?? (options.isQuick ? undefined : await compare({ options, comparer }, layer, folder));
      if (detail === undefined || !isWanted(options, chainId)) continue;
      const mend = () => unpackAgain(options, layer, folder.place.store);
      yield { finding: { kind: 'layer-damaged', chainId, detail }, mend };
    }
  }
}

function listWanted(options: CheckImagesOptions, images: readonly StoredImage[]): ReadonlyMap<ChainId, WantedLayer> {
  const wanted = new Map<ChainId, WantedLayer>();
  for (const { image, layerBlobs } of images) {
    const [name = image.id] = options.images.references(image.id);
    const chainIds = toChainIds(image.layers);
    for (const [index, chainId] of chainIds.entries()) {
      const before = wanted.get(chainId);
      const [diffId, blob, parent] = [image.layers[index], layerBlobs[index], chainIds[index - 1]];
      if (diffId === undefined) continue;
      wanted.set(chainId, {
        chainId,
        diffId,
        ...(parent === undefined ? {} : { parent }),
        blobs: [...(before?.blobs ?? []), ...(blob === undefined ? [] : [blob])],
        images: [...(before?.images ?? []), name],
      });
    }
  }
  return wanted;
}

function isWanted({ images }: CheckImagesOptions, chainId: ChainId): boolean {
  return images.list().some(({ layers }) => toChainIds(layers).includes(chainId));
}

function isWantedAndMissing(options: CheckImagesOptions, chainId: ChainId): boolean {
  return options.database.transaction(() => isWanted(options, chainId) && options.layers.find(chainId) === undefined);
}

/**
 * Undefined where there is nothing to compare: that its blob is missing is told of the image, and where a driver keeps whole roots, which
 * of the files are the layer's cannot be told.
 */
async function compare(
  { options, comparer }: { readonly options: CheckImagesOptions; readonly comparer: LayerComparer },
  layer: WantedLayer,
  folder: LayerFolder,
): Promise<string | undefined> {
  const blob = findBlob(options, layer);
  if (blob === undefined || !folder.place.driver.isStacked) return undefined;
  try {
    const tar = options.content.read(blob, { reuse: true });
    const difference = await comparer.compare(folder, tar, layer.parent !== undefined);
    options.count('comparedLayers', 1);
    return difference;
  } catch (error) {
    // A blob that is damaged has been told of, and one that has gone meanwhile says nothing.
    if (error instanceof EngineError && (error.kind === 'not-found' || error.kind === 'invalid-argument'))
      return undefined;
    throw error;
  }
}

function findBlob({ hasGood }: CheckImagesOptions, { blobs }: WantedLayer): Digest | undefined {
  return blobs.find(hasGood);
}

/** From its blob, whose DiffID says whether the files are the right ones. Nothing is changed unless they are. */
async function unpackAgain(options: CheckImagesOptions, layer: WantedLayer, layers: LayerStore): Promise<string> {
  const { chainId, diffId, parent } = layer;
  const running = options.findRunningOn(chainId);
  if (running.length > 0) {
    throw new EngineError('conflict', `it stays as it is while container ${running.join(', ')} runs on it`);
  }
  const blob = findBlob(options, layer);
  if (blob === undefined) throw new EngineError('not-found', 'its blob is not there to unpack it from');
  if (parent !== undefined && !layers.has(parent)) {
    throw new EngineError('conflict', 'the layer below it could not be mended');
  }
  const lease = options.leases.open();
  try {
    lease.hold(chainId);
    await layers.apply(options.content.read(blob, { reuse: true }), {
      expected: diffId,
      replace: true,
      ...(parent === undefined ? {} : { parent }),
      ...(options.signal && { signal: options.signal }),
    });
  } finally {
    lease.release();
  }
  return `unpacked it again from ${blob}`;
}
