import { EngineError } from '../../../model/errors.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readFilters } from '../query-filters.js';
import { replyJson } from '../reply.js';
import type { ApiCall, Method, Route } from '../route.js';

/** What Docker has and is not here: there are no plugins, no checkpoints, and nothing is built yet. */
export const ABSENT_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/plugins'), handle: listPlugins },
  refuse('GET', '/plugins/privileges', 'plugins are not implemented'),
  refuse('POST', '/plugins/pull', 'plugins are not implemented'),
  refuse('POST', '/plugins/create', 'plugins are not implemented'),
  { method: 'GET', path: compilePath('/plugins/{*name}/json'), handle: findPlugin },
  ...['enable', 'disable', 'push', 'set', 'upgrade'].map(
    (verb): Route => ({ method: 'POST', path: compilePath(`/plugins/{*name}/${verb}`), handle: findPlugin }),
  ),
  { method: 'DELETE', path: compilePath('/plugins/{*name}'), handle: findPlugin },
  refuseExperiment('GET', '/containers/{id}/checkpoints'),
  refuseExperiment('POST', '/containers/{id}/checkpoints'),
  refuseExperiment('DELETE', '/containers/{id}/checkpoints/{checkpoint}'),
  refuse('POST', '/build', 'build is not implemented yet: make images with import, load or commit'),
  refuse('POST', '/build/cancel', 'build is not implemented yet'),
  // These two are BuildKit's: its client speaks HTTP/2 over them, and has no other way.
  refuse('POST', '/session', 'build is not implemented yet'),
  refuse('POST', '/grpc', 'build is not implemented yet'),
  { method: 'POST', path: compilePath('/build/prune'), handle: pruneBuilds },
];

const BUILD_FILTERS: readonly string[] = [
  ...['description', 'id', 'inuse', 'label', 'label!', 'parent', 'private', 'shared', 'type', 'until', 'unused-for'],
];
const BUILD_LIMITS: readonly string[] = ['keep-storage', 'reserved-space', 'max-used-space', 'min-free-space'];

function refuse(method: Method, path: string, message: string): Route {
  const handle = (): never => {
    throw new EngineError('not-implemented', message);
  };
  return { method, path: compilePath(path), handle };
}

/** In Docker's words. */
function refuseExperiment(method: Method, path: string): Route {
  const message =
    'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.';
  return refuse(method, path, message);
}

function listPlugins({ request, response }: ApiCall): void {
  readFilters(request.query, ['capability', 'enable', 'enabled']);
  replyJson(response, 200, []);
}

function findPlugin({ request }: ApiCall): never {
  throw new EngineError('not-found', `plugin ${JSON.stringify(readParam(request, 'name'))} not found`);
}

function pruneBuilds({ request, response }: ApiCall): void {
  readFilters(request.query, BUILD_FILTERS);
  for (const name of BUILD_LIMITS) request.query.integer(name);
  replyJson(response, 200, { CachesDeleted: null, SpaceReclaimed: 0 });
}
