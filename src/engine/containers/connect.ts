import type { ContainerEndpoint } from '../../model/container.js';
import type { NetworkAttachment } from '../../model/container-config.js';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { Network } from '../../model/network.js';
import { isProcessAlive } from '../../platform/proc.js';
import { resolveNetwork } from '../networks/default-network.js';
import type { NetworkParts } from '../networks/network-parts.js';
import { checkEndpoint } from './check-endpoint.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { makeEndpoint, nameInterface } from './endpoints.js';
import { plugLive, unplugLive } from './live-endpoint.js';
import { rewriteOpened } from './opened-ports.js';

interface ConnectRequest {
  readonly container: string;
  readonly attachment?: Omit<NetworkAttachment, 'network'> | undefined;
}

/**
 * A container that runs has the row and its addresses first, then the interface; without that, they are taken back. What an engine that
 * died has left half done is taken back by the next connect or disconnect.
 */
export async function connectContainer(
  parts: ContainerParts,
  ref: string,
  { container, attachment: given }: ConnectRequest,
): Promise<void> {
  const networks = await parts.networks.open();
  const { id } = findContainer(parts, container);
  const network = resolveNetwork(networks, ref);
  const attachment: NetworkAttachment = { ...given, network: network.name };
  const endpoint = { ...makeEndpoint(network, attachment), connector: parts.owner };
  await dropAbandoned(parts, networks, { id, network });
  const connected = parts.store.change(id, (record) => {
    refuseBusy(record);
    refuseMode(record, network, attachment);
    const isLive = isActive(record.state);
    const others = record.networks.filter(({ networkId }) => networkId !== network.id);
    if (isLive && others.length < record.networks.length) {
      const message = `endpoint with name ${record.name} already exists in network ${network.name}`;
      throw new EngineError('permission-denied', message);
    }
    const added = isLive ? takeLive(networks, { network, endpoint, others, id }) : withoutConnector(endpoint);
    return withEndpoints(record, [...others, added]);
  });
  if (connected === undefined) throw new EngineError('not-found', `No such container: ${container}`);
  if (!isActive(connected.state)) return;
  const added = connected.networks.find(({ endpointId }) => endpointId === endpoint.endpointId) ?? endpoint;
  try {
    await networks.links.up(network);
    await rewriteOpened(networks, [added]);
    await plugLive(parts, connected, added);
  } catch (error) {
    dropEndpoint({ ...parts, networks }, connected, added);
    throw error;
  }
  const done = withoutConnector(added);
  parts.store.change(id, (record) =>
    withEndpoints(
      record,
      record.networks.map((other) => (other.endpointId === done.endpointId ? done : other)),
    ),
  );
  parts.store.tell({ ...connected, networks: [done] }, { networks: 'connect' });
}

function withoutConnector({ connector: _, ...endpoint }: ContainerEndpoint): ContainerEndpoint {
  return endpoint;
}

async function dropAbandoned(
  parts: ContainerParts,
  networks: NetworkParts,
  { id, network }: { readonly id: ContainerId; readonly network: Network },
): Promise<void> {
  const record = parts.store.get(id);
  const found = record?.networks.find((endpoint) => endpoint.networkId === network.id);
  if (record === undefined || found?.connector === undefined || isProcessAlive(found.connector)) return;
  if (isActive(record.state)) await unplugWhole(parts, networks, { record, endpoint: found, network });
  dropEndpoint({ ...parts, networks }, record, found);
}

/** Whoever connected it may have died before the network was up, and nothing can be taken out of one that is not. */
async function unplugWhole(
  parts: ContainerParts,
  networks: NetworkParts,
  { record, endpoint, network }: { record: ContainerRecord; endpoint: ContainerEndpoint; network: Network },
): Promise<void> {
  if (endpoint.connector !== undefined) await networks.links.up(network);
  await unplugLive(parts, record, endpoint);
}

/** The interface goes first, then the row. */
export async function disconnectContainer(
  parts: ContainerParts,
  ref: string,
  { container, force = false }: { readonly container: string; readonly force?: boolean },
): Promise<void> {
  const networks = await parts.networks.open();
  const network = resolveNetwork(networks, ref);
  const record = findForced(parts, container, force);
  refuseBusy(record);
  const endpoint = record.networks.find(({ networkId }) => networkId === network.id);
  const isLive = isActive(record.state);
  if (endpoint === undefined) {
    const message = `container ${record.id} is not connected to ${isLive ? '' : 'the '}network ${network.name}`;
    throw new EngineError('not-found', message);
  }
  if (network.driver === 'host') {
    refuse('cannot disconnect container from host network - container was created in host network mode');
  }
  if (isLive) await unplugWhole(parts, networks, { record, endpoint, network });
  dropEndpoint({ ...parts, networks }, record, endpoint);
  await rewriteOpened(networks, [endpoint]);
  if (isLive) parts.store.tell({ ...record, networks: [endpoint] }, { networks: 'disconnect' });
}

function findContainer(parts: ContainerParts, ref: string): ContainerRecord {
  const { id } = parts.store.resolve(ref);
  return parts.journal.catchUp(id) ?? parts.store.resolve(ref);
}

/** With `force` Docker looks for an endpoint whose container is gone; here none can be. */
function findForced(parts: ContainerParts, ref: string, force: boolean): ContainerRecord {
  try {
    return findContainer(parts, ref);
  } catch (error) {
    if (!force || !(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    throw new EngineError('not-found', `endpoint ${ref} not found`);
  }
}

function dropEndpoint(
  parts: Pick<ContainerParts, 'database' | 'store'> & { readonly networks: NetworkParts },
  { id }: ContainerRecord,
  { endpointId }: ContainerEndpoint,
): void {
  parts.database.transaction(() => {
    parts.networks.addresses.release(endpointId);
    parts.store.change(id, (current) =>
      withEndpoints(
        current,
        current.networks.filter((other) => other.endpointId !== endpointId),
      ),
    );
  });
}

/** The configuration says the same, so that a container that is made after this one's model has its networks. */
function withEndpoints(record: ContainerRecord, networks: readonly ContainerEndpoint[]) {
  const config = { ...record.config, networks: networks.map(({ attachment }) => attachment) };
  return { record: { ...record, config, networks } };
}

interface LiveEndpoint {
  readonly network: Network;
  readonly endpoint: ContainerEndpoint;
  readonly others: readonly ContainerEndpoint[];
  readonly id: ContainerId;
}

/** With its addresses, for a container that runs. */
function takeLive(networks: NetworkParts, { network, endpoint, others, id }: LiveEndpoint): ContainerEndpoint {
  return networks.addresses.take(network, { ...endpoint, ...nameInterface(network, endpoint, others) }, id);
}

function refuseBusy({ id, state, operation }: ContainerRecord): void {
  if (state.status === 'removing' || state.status === 'dead') {
    const message = `Container ${id} is marked for removal and cannot be connected or disconnected to the network`;
    throw new EngineError('conflict', message);
  }
  if (operation === undefined) return;
  throw new EngineError('conflict', `container ${id} is being started: try again when it runs`);
}

/** Docker's rules for what can be together, in its words and order. */
function refuseMode({ config, networks }: ContainerRecord, network: Network, attachment: NetworkAttachment): void {
  const mode = config.namespaces?.network ?? 'default';
  if (mode.startsWith('container:')) refuse(SHARED);
  checkEndpoint(network, attachment);
  if (network.driver === 'host' && mode !== 'host') {
    refuse('cannot connect container to host network - container must be created in host network mode');
  }
  if (networks.some(({ networkId }) => networkId === network.id)) return;
  if (mode === 'host') refuse(SHARED);
  const hasPrivate = networks.some(({ networkName }) => networkName === 'none');
  if (network.driver !== 'none' && !hasPrivate) return;
  if (networks.length > 0) refuse(NOT_PRIVATE);
}

const SHARED =
  'container sharing network namespace with another container or host cannot be connected to any other network';
const NOT_PRIVATE =
  'container cannot be connected to multiple networks with one of the networks in private (none) mode';

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
