import { EngineError } from '../../model/errors.js';
import type { ChainId, DiffId, Digest } from '../../model/ids.js';
import type { PullProgress } from '../../model/image.js';
import type { Layer } from '../../model/layer.js';
import type { BegunLayer } from '../layers/begin-layer.js';
import { toChainId, toChainIds } from '../layers/chain-id.js';
import type { ApplyLayerOptions } from '../layers/layer-store.js';
import type { ImageParts } from './image-parts.js';
import { createLimit } from './limit.js';
import type { ArchivedBlob } from './staged-archive.js';

/** While one is inflated the files of the other are made; more would only wait for each other. */
const LAYERS_AT_ONCE = 2;

export interface LayersToApply {
  /** Lowest first. */
  readonly diffIds: readonly DiffId[];
  /** Their tars, plain or compressed, some perhaps still on their way. */
  readonly blobs: readonly (ArchivedBlob | Promise<ArchivedBlob>)[];
  /** The topmost where it is finished already, and only has to take its place. */
  readonly begun?: BegunLayer;
  /** What the progress names them by; their DiffIDs when absent. */
  readonly names?: readonly Digest[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  /** Told of each that was not there before, lowest first. */
  readonly onNew: (id: ChainId) => void;
}

/**
 * Applies what is not there, two layers at a time; each takes its place when the one below has. Resolves when all are there. Rejects with
 * what went wrong first, when nothing goes on any more.
 */
export async function applyLayers(parts: Pick<ImageParts, 'layers'>, image: LayersToApply): Promise<readonly Layer[]> {
  const limit = createLimit(LAYERS_AT_ONCE);
  const stop = new AbortController();
  const signal = image.signal === undefined ? stop.signal : AbortSignal.any([image.signal, stop.signal]);
  const chainIds = toChainIds(image.diffIds);
  const applied: Promise<Layer>[] = [];
  for (const [index, expected] of image.diffIds.entries()) {
    const [chainId, parent, below] = [chainIds[index], chainIds[index - 1], applied[index - 1]];
    const [blob, name = expected] = [image.blobs[index], image.names?.[index]];
    if (chainId === undefined || blob === undefined) break;
    const isBegun = index === image.diffIds.length - 1 && image.begun?.parent === parent;
    const begun = isBegun ? image.begun : undefined;
    // In the order of the layers: one that waits for the one below cannot keep that from its turn.
    const layer = limit(async () => {
      const isThere = parts.layers.has(chainId);
      if (isThere) image.onProgress?.({ phase: 'exists', digest: name });
      const made = await (begun === undefined
        ? apply(parts, await unlessAborted(blob, signal), {
            ...{ expected, signal, parent, below },
            onProgress: (doneBytes) => image.onProgress?.({ phase: 'extracting', digest: name, doneBytes }),
          })
        : putInPlace(begun, below));
      if (!isThere) {
        image.onNew(chainId);
        image.onProgress?.({ phase: 'complete', digest: name });
      }
      return made;
    });
    // The first reason is the one that stays.
    layer.catch((error: unknown) => stop.abort(error));
    applied.push(layer);
  }
  await Promise.allSettled(applied);
  stop.signal.throwIfAborted();
  return await Promise.all(applied);
}

type Application = Pick<ApplyLayerOptions, 'signal' | 'onProgress'> & {
  readonly expected: DiffId;
  readonly parent: ChainId | undefined;
  readonly below: Promise<Layer> | undefined;
};

async function apply(
  { layers }: Pick<ImageParts, 'layers'>,
  tar: ArchivedBlob,
  { parent, below, ...options }: Application,
): Promise<Layer> {
  const early = takeEarly(layers, tar, { parent, expected: options.expected });
  if (early !== undefined) {
    await early.finish(options.expected, { ...(parent && { parent }), ...(tar.parts && { parts: tar.parts }) });
    options.onProgress?.(tar.sizeBytes);
    return await putInPlace(early, below);
  }
  return await layers.apply(tar.read({ reuse: true }), {
    ...options,
    file: { path: tar.path, ...(tar.isNew ? { digest: tar.digest } : {}) },
    ...(parent === undefined ? {} : { parent }),
    ...(below === undefined ? {} : { below }),
  });
}

/** What was made of the tar as it was read, where it is this layer. What is not taken is discarded with the archive. */
function takeEarly(
  layers: ImageParts['layers'],
  tar: ArchivedBlob,
  { parent, expected }: Pick<Application, 'parent' | 'expected'>,
): BegunLayer | undefined {
  if ((tar.digest as string) !== expected || layers.has(toChainId(parent, expected))) return undefined;
  return tar.takeLayer?.({ isLowest: parent === undefined });
}

async function putInPlace(begun: BegunLayer, below: Promise<Layer> | undefined): Promise<Layer> {
  await below;
  return begun.commit();
}

/** What is downloaded goes on until its fetcher ends it; nobody waits for it here then. */
async function unlessAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(new EngineError('cancelled', 'the layer is not needed any more'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([value, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    aborted.promise.catch(() => undefined);
  }
}
