import type { Engine } from '../../../engine/engine.js';
import { filterImages, IMAGE_FILTERS } from '../../filter/image-filter.js';
import { toWireHistory, toWireImage } from '../../wire/image.js';
import { toWireImageSummary } from '../../wire/image-summary.js';
import { toVersionedImage } from '../../wire/image-versions.js';
import { toWirePrunedImages, toWireRemoved } from '../../wire/removed-image.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readFilters, readSwitch } from '../query-filters.js';
import { readPlatform, requirePlatform } from '../query-platform.js';
import { PRUNE_FILTERS, readUntil, toPruneFilter } from '../query-prune.js';
import { readNewReference } from '../read-reference.js';
import { replyEmpty, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

/** Images that are here. How they come and go: image-transfers.ts, whose paths are looked for first. */
export const IMAGE_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/images/json'), handle: list },
  { method: 'POST', path: compilePath('/images/prune'), handle: prune },
  { method: 'GET', path: compilePath('/images/{*name}/json'), handle: inspect },
  { method: 'GET', path: compilePath('/images/{*name}/history'), handle: history },
  { method: 'POST', path: compilePath('/images/{*name}/tag'), handle: tag },
  { method: 'DELETE', path: compilePath('/images/{*name}'), handle: remove },
];

async function list({ engine, request, response }: ApiCall): Promise<void> {
  const { query, version } = request;
  const filters = readFilters(query, [...IMAGE_FILTERS, 'until']);
  const untilMs = readUntil(filters) ?? Number.POSITIVE_INFINITY;
  const all = await engine.images.list();
  const images = filterImages(filters, all).filter(({ createdAtMs }) => createdAtMs < untilMs);
  const usage = query.isOn('shared-size') && version >= 42 ? await engine.system.diskUsage() : undefined;
  const counts = version < 51 ? undefined : await countContainers(engine);
  const toSummary = (image: (typeof images)[number]) =>
    toWireImageSummary(image, {
      version,
      sharedBytes: usage?.sharedBytesOf.get(image.id),
      ...(counts === undefined ? {} : { containers: counts.get(image.id) ?? 0 }),
    });
  replyJson(response, 200, images.map(toSummary));
}

/** How many containers each image has. */
async function countContainers(engine: Engine): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { imageId } of await engine.containers.list({ all: true })) {
    counts.set(imageId, (counts.get(imageId) ?? 0) + 1);
  }
  return counts;
}

async function inspect({ engine, request, response }: ApiCall): Promise<void> {
  const name = readParam(request, 'name');
  const platform = readPlatform(request.query);
  const image = await engine.images.inspect(name);
  requirePlatform(image, name, platform);
  const [{ storageDriver }, folders] = await Promise.all([
    engine.system.info(),
    engine.layers?.foldersOf?.(image.id) ?? [],
  ]);
  replyJson(response, 200, toVersionedImage(toWireImage(image, storageDriver, folders), request.version));
}

async function history({ engine, request, response }: ApiCall): Promise<void> {
  const name = readParam(request, 'name');
  const platform = readPlatform(request.query);
  const image = await engine.images.inspect(name);
  requirePlatform(image, name, platform);
  replyJson(response, 200, toWireHistory(image, await engine.images.history(image.id)));
}

async function tag({ engine, request, response }: ApiCall): Promise<void> {
  const { query } = request;
  const target = readNewReference(query.text('repo') ?? '', query.text('tag'));
  await engine.images.tag(readParam(request, 'name'), target);
  replyEmpty(response, 201);
}

/** There are no images of which only parents are left, so that `noprune` changes nothing. */
async function remove({ engine, request, response }: ApiCall): Promise<void> {
  const removed = await engine.images.remove(readParam(request, 'name'), { force: request.query.isOn('force') });
  replyJson(response, 200, removed.map(toWireRemoved));
}

async function prune({ engine, request, response }: ApiCall): Promise<void> {
  const filters = readFilters(request.query, [...PRUNE_FILTERS, 'dangling']);
  const all = readSwitch(filters, 'dangling') === false;
  const report = await engine.images.prune({ ...toPruneFilter(filters), all });
  replyJson(response, 200, toWirePrunedImages(report));
}
