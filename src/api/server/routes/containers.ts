import type { Engine } from '../../../engine/engine.js';
import type { Container } from '../../../model/container.js';
import { EngineError } from '../../../model/errors.js';
import type { Image } from '../../../model/image.js';
import { asksForStopped, CONTAINER_FILTERS, filterContainers } from '../../filter/container-filter.js';
import { toWireContainer } from '../../wire/container.js';
import { toWireContainerSummary } from '../../wire/container-summary.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readFilters } from '../query-filters.js';
import { replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

/** Looks at containers. */
export const CONTAINER_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/containers/json'), handle: list },
  { method: 'GET', path: compilePath('/containers/{id}/json'), handle: inspect },
];

async function list({ engine, request, response }: ApiCall): Promise<void> {
  const { query } = request;
  const filters = readFilters(query, [...CONTAINER_FILTERS, 'is-task', 'isolation']);
  const limit = query.integer('limit') ?? 0;
  const all = query.isOn('all') || limit > 0 || asksForStopped(filters);
  const [containers, images, volumes] = await Promise.all([
    engine.containers.list({ all }),
    engine.images.list(),
    engine.volumes.list(),
  ]);
  const found = filterContainers(filters, { containers, images });
  const shown = limit > 0 ? found.slice(0, limit) : found;
  const sizes = query.isOn('size') ? await engine.containers.readSizes?.(shown.map(({ id }) => id)) : undefined;
  const imagesById = new Map(images.map((image) => [image.id, image]));
  const nowMs = Date.now();
  const toSummary = (container: Container) =>
    toWireContainerSummary(container, {
      image: imagesById.get(container.imageId),
      volumes,
      size: sizes?.get(container.id),
      nowMs,
    });
  replyJson(response, 200, shown.map(toSummary));
}

async function inspect({ engine, request, response }: ApiCall): Promise<void> {
  const container = await engine.containers.inspect(readParam(request, 'id'));
  const [{ storageDriver }, image, volumes] = await Promise.all([
    engine.system.info(),
    findImage(engine, container.imageId),
    engine.volumes.list(),
  ]);
  const wire = toWireContainer(container, { image, storageDriver, volumes });
  const sizes = request.query.isOn('size') ? await engine.containers.readSizes?.([container.id]) : undefined;
  const size = sizes?.get(container.id);
  replyJson(
    response,
    200,
    size === undefined ? wire : { ...wire, SizeRw: size.writableBytes, SizeRootFs: size.rootfsBytes },
  );
}

/** An image may be gone while a container made of it is still there. */
async function findImage(engine: Engine, id: string): Promise<Image | undefined> {
  try {
    return await engine.images.inspect(id);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
