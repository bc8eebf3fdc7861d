import { EngineError } from '../../../model/errors.js';
import { filterNetworks, listNetworkIds, NETWORK_FILTERS } from '../../filter/network-filter.js';
import { fromWireEndpoint } from '../../wire/from-networking.js';
import { toWireNetwork } from '../../wire/network.js';
import {
  fromWireNetworkCreate,
  networkConnectSchema,
  networkCreateSchema,
  networkDisconnectSchema,
} from '../../wire/network-requests.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readJsonBody } from '../json-body.js';
import { readFilters } from '../query-filters.js';
import { PRUNE_FILTERS, readPruneFilter } from '../query-prune.js';
import { replyEmpty, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

export const NETWORK_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/networks'), handle: list },
  { method: 'POST', path: compilePath('/networks/create'), handle: create },
  { method: 'POST', path: compilePath('/networks/prune'), handle: prune },
  { method: 'GET', path: compilePath('/networks/{id}'), handle: inspect },
  { method: 'DELETE', path: compilePath('/networks/{id}'), handle: remove },
  { method: 'POST', path: compilePath('/networks/{id}/connect'), handle: connect },
  { method: 'POST', path: compilePath('/networks/{id}/disconnect'), handle: disconnect },
];

/** Who is in a network only its own answer says. */
async function list({ engine, request, response }: ApiCall): Promise<void> {
  const filters = readFilters(request.query, NETWORK_FILTERS);
  const found = await filterNetworks(filters, await engine.networks.list(), async () =>
    listNetworkIds(await engine.containers.list({ all: true })),
  );
  replyJson(
    response,
    200,
    found.map((network) => toWireNetwork({ ...network, members: [] })),
  );
}

async function inspect({ engine, request, response }: ApiCall): Promise<void> {
  const id = readParam(request, 'id');
  // What it asks for beside, the services of a swarm, no network here has.
  checkBoolean('verbose', request.query.text('verbose'));
  const scope = request.query.text('scope') ?? 'local';
  if (scope !== 'local') throw new EngineError('not-found', `network ${id} not found`);
  replyJson(response, 200, toWireNetwork(await engine.networks.inspect(id)));
}

/** Unlike other switches of a query this one is read by Go's ParseBool. */
function checkBoolean(name: string, value = ''): void {
  if (/^(1|t|true|0|f|false|)$/i.test(value)) return;
  throw new EngineError('invalid-argument', `invalid value for ${name}: ${value}`);
}

async function create({ engine, request, response }: ApiCall): Promise<void> {
  const config = fromWireNetworkCreate(await readJsonBody(request, networkCreateSchema));
  const { id, warnings } = await engine.networks.create(config);
  replyJson(response, 201, { Id: id, Warning: warnings.join('\n') });
}

async function remove({ engine, request, response }: ApiCall): Promise<void> {
  await engine.networks.remove(readParam(request, 'id'));
  replyEmpty(response, 204);
}

async function connect({ engine, request, response }: ApiCall): Promise<void> {
  const { Container: container, EndpointConfig = {} } = await readJsonBody(request, networkConnectSchema);
  const id = readParam(request, 'id');
  await engine.networks.connect(id, requireName(container), fromWireEndpoint(id, EndpointConfig));
  replyEmpty(response, 200);
}

async function disconnect({ engine, request, response }: ApiCall): Promise<void> {
  const { Container: container, Force: force = false } = await readJsonBody(request, networkDisconnectSchema);
  await engine.networks.disconnect(readParam(request, 'id'), requireName(container), { force });
  replyEmpty(response, 200);
}

function requireName(container = ''): string {
  if (container.trim() !== '') return container;
  throw new EngineError('invalid-argument', 'invalid container name or ID: value is empty');
}

async function prune({ engine, request, response }: ApiCall): Promise<void> {
  const { removed } = await engine.networks.prune(readPruneFilter(request.query, PRUNE_FILTERS));
  replyJson(response, 200, { NetworksDeleted: removed.length === 0 ? null : removed });
}
