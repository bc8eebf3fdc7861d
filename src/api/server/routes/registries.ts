import { EngineError } from '../../../model/errors.js';
import { DOCKER_HUB } from '../../../model/image-reference.js';
import type { FoundRepository } from '../../../model/registry.js';
import type { Filters } from '../../filter/filters.js';
import { toWireDistribution } from '../../wire/distribution.js';
import { toWireFound } from '../../wire/found-repository.js';
import { fromWireAuth, registryAuthSchema } from '../../wire/registry-auth.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readJsonBody } from '../json-body.js';
import { readFilters, readSwitch } from '../query-filters.js';
import { readRegistryAuth } from '../registry-auth.js';
import { replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

/** Registries themselves. */
export const REGISTRY_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/images/search'), handle: search },
  { method: 'GET', path: compilePath('/distribution/{*name}/json'), handle: describe },
  { method: 'POST', path: compilePath('/auth'), handle: authenticate },
];

async function search({ engine, request, response }: ApiCall): Promise<void> {
  const { query, gone } = request;
  const fits = readSearchFilter(readFilters(query, ['is-automated', 'is-official', 'stars']));
  const term = query.text('term')?.trim() ?? '';
  if (term === '') throw new EngineError('invalid-argument', 'the term to search for is missing');
  // 0 is the default, as for who does not say.
  const limit = query.integer('limit') || undefined;
  const found = await engine.registries.search(term, { signal: gone, ...(limit === undefined ? {} : { limit }) });
  replyJson(response, 200, found.filter(fits).map(toWireFound));
}

/** Throws invalid-argument. */
function readSearchFilter(filters: Filters): (found: FoundRepository) => boolean {
  const isOfficial = readSwitch(filters, 'is-official');
  // Docker Hub has no automated builds any more, and Docker finds none then.
  const isAutomated = readSwitch(filters, 'is-automated') === true;
  const stars = (filters.get('stars') ?? []).map(readStars);
  return (found) =>
    !isAutomated &&
    (isOfficial === undefined || isOfficial === found.isOfficial) &&
    stars.every((least) => found.stars >= least);
}

function readStars(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new EngineError('invalid-argument', `invalid filter 'stars=${text}'`);
}

async function describe({ engine, request, response }: ApiCall): Promise<void> {
  const credentials = readRegistryAuth(request);
  const name = readParam(request, 'name');
  const remote = await engine.registries.describe(name, { credentials, signal: request.gone });
  replyJson(response, 200, toWireDistribution(remote));
}

/** Nothing is kept: that is for the client to do. */
async function authenticate({ engine, request, response }: ApiCall): Promise<void> {
  const auth = await readJsonBody(request, registryAuthSchema);
  const server = auth.serveraddress || DOCKER_HUB;
  const token = await engine.registries.authenticate(server, fromWireAuth(auth), { signal: request.gone });
  replyJson(response, 200, { IdentityToken: token ?? '', Status: 'Login Succeeded' });
}
