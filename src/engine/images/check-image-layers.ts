import { join } from 'node:path';
import { EngineError, type ErrorKind } from '../../model/errors.js';
import type { Problem } from '../../model/finding.js';
import type { ChainId, DiffId, Digest } from '../../model/ids.js';
import { toChainIds } from '../layers/chain-id.js';
import { type LayerFolder, listLayerFolders } from '../layers/check-layers.js';
import { createLayerComparer, type LayerComparer } from '../layers/layer-comparer.js';
import type { LayerPlace } from '../layers/layer-store.js';
import type { LayerTar } from '../layers/tar-indexes.js';
import { readRows } from '../state/check-database.js';
import type { CheckImagesOptions } from './check-images-options.js';
import { parseStoredImage, type StoredImage } from './image-store.js';

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
  const comparer = createLayerComparer(options);
  try {
    yield* checkLayersWith({ options, comparer, wanted: listWanted(options, images), damaged: new Set() });
  } finally {
    comparer.close();
  }
}

interface LayerCheck {
  readonly options: CheckImagesOptions;
  readonly comparer: LayerComparer;
  readonly wanted: ReadonlyMap<ChainId, WantedLayer>;
  /** Folders of layers that are not as they should be. */
  readonly damaged: Set<string>;
}

async function* checkLayersWith(check: LayerCheck): AsyncGenerator<Problem> {
  const { options, wanted, damaged } = check;
  const folders = Map.groupBy(listLayerFolders(options.layers), ({ chainId }) => chainId);
  for (const layer of wanted.values()) {
    options.count('layers', 1);
    const { chainId } = layer;
    // Another storage driver makes one that it lacks of its blob when it needs it; and another process may have removed the image
    // meanwhile, and its layers with it.
    const [first] = options.layers.places;
    if (first !== undefined && !folders.has(chainId) && isWantedAndMissing(options, chainId)) {
      const mend = () => unpackAgain(check, layer, first);
      yield { finding: { kind: 'layer-missing', chainId, images: layer.images }, mend };
    }
    for (const folder of folders.get(chainId) ?? []) {
      const detail = folder.defect ?? (options.isQuick ? undefined : await compare(check, layer, folder));
      if (detail === undefined || !isWanted(options, chainId)) continue;
      damaged.add(folder.path);
      const mend = () => unpackAgain(check, layer, folder.place);
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

function isWanted({ database }: CheckImagesOptions, chainId: ChainId): boolean {
  const images = readRows({ database, table: 'images', parse: parseStoredImage }).values;
  return images.some(({ image }) => toChainIds(image.layers).includes(chainId));
}

function isWantedAndMissing(options: CheckImagesOptions, chainId: ChainId): boolean {
  return options.database.transaction(() => isWanted(options, chainId) && options.layers.find(chainId) === undefined);
}

/** Undefined where there is nothing to compare it with: that a blob is missing is told of the image. */
async function compare(
  { options, comparer, wanted }: LayerCheck,
  layer: WantedLayer,
  folder: LayerFolder,
): Promise<string | undefined> {
  try {
    const { isCompared, difference } = await comparer.compare(folder, listTars(options, wanted, layer));
    if (isCompared) options.count('comparedLayers', 1);
    return difference;
  } catch (error) {
    // A blob that is damaged has been told of, one that has gone meanwhile says nothing, and a disk may be full.
    if (error instanceof EngineError && NOT_COMPARED.has(error.kind)) return undefined;
    throw error;
  }
}

const NOT_COMPARED: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid-argument', 'unavailable']);

/** The lowest first. */
function listTars(options: CheckImagesOptions, wanted: LayerCheck['wanted'], layer: WantedLayer): readonly LayerTar[] {
  const tars: LayerTar[] = [];
  for (let next: WantedLayer | undefined = layer; next !== undefined; next = next.parent && wanted.get(next.parent)) {
    const { chainId } = next;
    const blob = findBlob(options, next);
    tars.unshift({ chainId, open: () => blob && options.content.read(blob, { reuse: true }) });
  }
  return tars;
}

function findBlob({ hasGood }: CheckImagesOptions, { blobs }: WantedLayer): Digest | undefined {
  return blobs.find(hasGood);
}

/** From its blob, whose DiffID says whether the files are the right ones. Nothing is changed unless they are. */
async function unpackAgain(
  { options, damaged }: LayerCheck,
  layer: WantedLayer,
  { root, driver, store }: LayerPlace,
): Promise<string> {
  const { chainId, diffId, parent } = layer;
  const folderOf = (id: ChainId) => join(root, 'layers', id.slice('sha256:'.length));
  // The root of a container that is a copy stays as it is.
  const running = driver.isStacked ? options.findRunningOn(chainId) : [];
  if (running.length > 0) {
    throw new EngineError('conflict', `it stays as it is while container ${running.join(', ')} runs on it`);
  }
  const blob = findBlob(options, layer);
  if (blob === undefined) throw new EngineError('not-found', 'its blob is not there to unpack it from');
  // A whole root begins with what the one below has.
  const isOnDamaged = parent !== undefined && !driver.isStacked && damaged.has(folderOf(parent));
  if (parent !== undefined && (isOnDamaged || !store.has(parent))) {
    throw new EngineError('conflict', 'the layer below it could not be mended');
  }
  const lease = options.leases.open();
  try {
    lease.hold(chainId);
    await store.apply(options.content.read(blob, { reuse: true }), {
      expected: diffId,
      replace: true,
      ...(parent === undefined ? {} : { parent }),
      ...(options.signal && { signal: options.signal }),
    });
  } finally {
    lease.release();
  }
  damaged.delete(folderOf(chainId));
  return `unpacked it again from ${blob}`;
}
