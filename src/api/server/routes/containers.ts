import type { Container } from '../../../model/container.js';
import { asksForStopped, CONTAINER_FILTERS, filterContainers } from '../../filter/container-filter.js';
import { toWireContainerSummary } from '../../wire/container-summary.js';
import { readWireContainer } from '../../wire/read-container.js';
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
  const [containers, images] = await Promise.all([
    engine.containers.list({ all }),
    // Whose descendants they are is the one question about images.
    filters.has('ancestor') ? engine.images.list() : [],
  ]);
  const found = filterContainers(filters, { containers, images });
  const shown = limit > 0 ? found.slice(0, limit) : found;
  const sizes = query.isOn('size') ? await engine.containers.readSizes?.(shown.map(({ id }) => id)) : undefined;
  const nowMs = Date.now();
  const toSummary = (container: Container) =>
    toWireContainerSummary(container, { size: sizes?.get(container.id), nowMs });
  replyJson(response, 200, shown.map(toSummary));
}

async function inspect({ engine, request, response }: ApiCall): Promise<void> {
  const options = { size: request.query.isOn('size') };
  replyJson(response, 200, await readWireContainer(engine, readParam(request, 'id'), options));
}
