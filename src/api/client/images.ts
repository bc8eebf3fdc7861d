import type {
  ByteStream,
  Cancellable,
  ContainerService,
  ImageService,
  ImportOptions,
  RemovedImage,
} from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { ImageId } from '../../model/ids.js';
import type { Image, PullProgress } from '../../model/image.js';
import { parseImageReference } from '../../model/image-reference.js';
import { toList, toNumber, toObject, toText } from '../../model/json-values.js';
import { formatPlatform } from '../../model/platform.js';
import { fromWireHistory, fromWireImage, fromWireNames } from '../wire/from-image.js';
import { fromWirePull, readFailure, readLoaded } from '../wire/from-progress.js';
import type { ApiClient } from './api-client.js';
import { imagePath } from './image-path.js';
import { createImageTransfers, type FindCredentials } from './image-transfers.js';
import { mapParallel } from './map-parallel.js';
import { previewImagePrune } from './preview-prune.js';
import { toPruneFilters } from './prune-filters.js';
import { readBytes, readJsonLines, readWhole } from './read-stream.js';
import { toStreamError } from './response-error.js';
import { splitReference } from './split-reference.js';

export interface ImagesOptions {
  readonly client: ApiClient;
  readonly containers: ContainerService;
  readonly findCredentials: FindCredentials;
}

/** Images of an endpoint. */
export function createImages({ client, containers, findCredentials }: ImagesOptions): ImageService {
  const inspect = async (ref: string): Promise<Image> =>
    fromWireImage(await client.json({ method: 'GET', path: imagePath(ref, 'json') }));
  const service: ImageService = {
    ...createImageTransfers({ client, inspect, findCredentials }),
    list: createList(client),
    inspect,
    tag: async (source, target) => {
      const { name: repo, tag } = splitReference(parseImageReference(target));
      await client.run({ method: 'POST', path: imagePath(source, 'tag'), query: { repo, tag } });
    },
    remove: async (ref, { force } = {}) => {
      const rows = await client.json({ method: 'DELETE', path: imagePath(ref), query: { force } });
      return toList(rows).flatMap(toRemoved);
    },
    prune: async (options = {}) => {
      if (options.preview === true) return await previewImagePrune(service, containers, options);
      const dangling = [options.all === true ? 'false' : 'true'];
      const query = { filters: toPruneFilters(options, { dangling }) };
      const wire = toObject(await client.json({ method: 'POST', path: '/images/prune', query }));
      const removed = toList(wire['ImagesDeleted'])
        .flatMap(toRemoved)
        .map((one) => Object.values(one).join());
      return { removed, reclaimedBytes: toNumber(wire['SpaceReclaimed']) };
    },
    history: async (ref) => fromWireHistory(await client.json({ method: 'GET', path: imagePath(ref, 'history') })),
    save: async (refs) => readWhole(await client.send({ method: 'GET', path: '/images/get', query: { names: refs } })),
    load: (tar, options) => load({ client, inspect }, tar, options),
    import: (tar, options) => importRoot({ client, inspect }, tar, options),
    // Those are of the engine in this process.
    embedded: () => Promise.resolve([]),
    addEmbedded: (name) => Promise.reject(notThere(`the embedded image ${name}`)),
    bootstrap: () => refuse('making an image from packages'),
    build: () => refuse('building an image'),
    copy: () => refuse('copying from registry to registry'),
  };
  return service;
}

function notThere(what: string): EngineError {
  return new EngineError('not-implemented', `${what} is not to be had over Docker's API: use the local engine`);
}

/** Rejects at its first step. */
function refuse(what: string): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(notThere(what)) }) };
}

/** A row has less than an image has. All but its names stays as it is as long as its id: that is asked for once. */
function createList(client: ApiClient): ImageService['list'] {
  const known = new Map<ImageId, Image>();
  return async () => {
    const rows = toList(await client.json({ method: 'GET', path: '/images/json' })).map(toObject);
    const images = await mapParallel(rows, client.parallel, async (row) => {
      const id = toText(row['Id']) as ImageId;
      const found = known.get(id) ?? (await readImage(client, id));
      if (found === undefined) return [];
      known.set(id, found);
      return [{ ...found, ...fromWireNames(row) }];
    });
    return images.flat();
  };
}

/** Undefined where it has gone meanwhile. */
async function readImage(client: ApiClient, id: ImageId): Promise<Image | undefined> {
  try {
    return fromWireImage(await client.json({ method: 'GET', path: imagePath(id, 'json') }));
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

function toRemoved(value: unknown): readonly RemovedImage[] {
  const { Untagged: untagged, Deleted: deleted } = toObject(value);
  if (typeof untagged === 'string') return [{ untagged }];
  return typeof deleted === 'string' ? [{ deleted }] : [];
}

interface ImportParts {
  readonly client: ApiClient;
  inspect(ref: string): Promise<Image>;
}

async function* load(
  { client, inspect }: ImportParts,
  tar: ByteStream,
  { signal }: Cancellable = {},
): AsyncGenerator<PullProgress> {
  const query = { quiet: '0' };
  const answer = await client.send({
    ...{ method: 'POST', path: '/images/load', query, body: tar },
    ...(signal && { signal }),
  });
  for await (const value of readJsonLines(readBytes(answer, signal))) {
    const failure = readFailure(value);
    if (failure !== undefined) throw new EngineError('invalid-argument', failure);
    const loaded = readLoaded(value);
    if (loaded !== undefined) {
      const { id, repoTags } = await inspect(loaded);
      yield {
        phase: 'done',
        imageId: id,
        references: loaded.startsWith('sha256:') ? [] : [loaded],
        isNew: repoTags.length > 0,
      };
      continue;
    }
    const step = fromWirePull(value);
    if (step !== undefined && step.phase !== 'output') yield step;
  }
  if (signal?.aborted === true) throw new EngineError('cancelled', 'loading the image was cancelled');
}

async function importRoot(
  { client, inspect }: ImportParts,
  tar: ByteStream,
  { reference, message, changes, platform, signal }: ImportOptions = {},
): Promise<Image> {
  const { name: repo, tag } = reference === undefined ? {} : splitReference(parseImageReference(reference));
  const answer = await client.send({
    method: 'POST',
    path: '/images/create',
    query: { fromSrc: '-', repo, tag, message, changes, platform: platform && formatPlatform(platform) },
    body: tar,
    ...(signal && { signal }),
  });
  let id = '';
  for await (const value of readJsonLines(readBytes(answer, signal))) {
    const failure = readFailure(value);
    if (failure !== undefined) throw toStreamError(failure);
    id = toText(toObject(value)['status']) || id;
  }
  if (signal?.aborted === true) throw new EngineError('cancelled', 'importing the image was cancelled');
  return await inspect(id);
}
