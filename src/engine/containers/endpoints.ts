import type { ContainerEndpoint } from '../../model/container.js';
import type { ContainerConfig, NetworkAttachment } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { randomHex } from '../../platform/random.js';
import { resolveNetwork } from '../networks/default-network.js';
import { readInterfaceName, readInterfacePrefix } from '../networks/endpoint-options.js';
import type { NetworkParts } from '../networks/network-parts.js';
import { checkEndpoint, refuseConfiguration } from './check-endpoint.js';
import { checkNetworkModes } from './check-network-modes.js';
import type { ContainerRecord } from './container-record.js';
import { prefixError } from './prefix-error.js';

/** The endpoints of a new container, without addresses; `container:X` has X's and none of its own. Throws not-found, invalid-argument. */
export function makeEndpoints(networks: NetworkParts, config: ContainerConfig): readonly ContainerEndpoint[] {
  checkNetworkModes(config);
  return listAttachments(config).map((attachment) => {
    const network = findNetwork(networks, attachment);
    const name = attachment.network === 'default' ? network.name : attachment.network;
    prefixError(`invalid config for network ${name}: `, () => checkEndpoint(network, attachment));
    return makeEndpoint(network, attachment);
  });
}

export function makeEndpoint({ id, name }: Network, attachment: NetworkAttachment): ContainerEndpoint {
  return { networkId: id, networkName: name, endpointId: randomHex(32), attachment };
}

/** Docker makes such a container too, and then says this at its start. */
function findNetwork(networks: NetworkParts, attachment: NetworkAttachment): Network {
  return prefixError('failed to set up container networking: ', () => {
    const network = resolveNetwork(networks, attachment.network);
    refuseConfiguration(network);
    return network;
  });
}

/** In their order; where there are none, the one that the mode of the namespace names. */
function listAttachments({ networks, namespaces }: ContainerConfig): readonly NetworkAttachment[] {
  const mode = namespaces?.network ?? 'default';
  if (mode.startsWith('container:')) return [];
  return networks !== undefined && networks.length > 0 ? networks : [{ network: mode }];
}

/**
 * The endpoints of a container that is being started with addresses and interface names of their own. Call it in the transaction that
 * writes them into its row, which loses them by itself when the start fails or the container ends: container-store.ts. Throws not-found
 * (a network is gone), permission-denied and internal (addresses).
 */
export function takeAddresses(
  networks: NetworkParts,
  { id, networks: endpoints }: Pick<ContainerRecord, 'id' | 'networks'>,
): readonly ContainerEndpoint[] {
  const taken: ContainerEndpoint[] = [];
  for (const { endpoint, network } of listPlaces(networks, endpoints)) {
    const { id: networkId, name: networkName } = network;
    const named = { ...endpoint, networkId, networkName, ...nameInterface(network, endpoint, taken) };
    taken.push(isLinked(network) ? networks.addresses.take(network, named, id) : endpoint);
  }
  return taken;
}

/** The name and the number of one more interface beside others: the first that are free, as what was given back is given again. */
export function nameInterface(
  { options }: Network,
  { attachment: { driverOptions = {} } }: Pick<ContainerEndpoint, 'attachment'>,
  others: readonly ContainerEndpoint[],
): Required<Pick<ContainerEndpoint, 'interfaceName' | 'interfaceIndex'>> {
  const names = new Set(others.map(({ interfaceName }) => interfaceName));
  const indexes = new Set(others.map(readInterfaceIndex));
  const prefix = readInterfacePrefix(options);
  const number = findFree((candidate) => !names.has(`${prefix}${candidate}`));
  const interfaceName = readInterfaceName(driverOptions) ?? `${prefix}${number}`;
  if (names.has(interfaceName)) {
    throw new EngineError('invalid-argument', `the container has an interface ${interfaceName} already`);
  }
  return { interfaceName, interfaceIndex: FIRST_INDEX + findFree((slot) => !indexes.has(FIRST_INDEX + slot)) };
}

/** Interfaces of a new namespace are numbered from here: the kernel has made its own before. */
const FIRST_INDEX = 10;

/** Absent in what an older program wrote, where it follows from the name. */
export function readInterfaceIndex({ interfaceName = 'eth0', interfaceIndex }: ContainerEndpoint): number {
  return interfaceIndex ?? FIRST_INDEX + Number(/\d+$/.exec(interfaceName)?.[0] ?? 0);
}

function findFree(isFree: (number: number) => boolean): number {
  for (let number = 0; ; number++) if (isFree(number)) return number;
}

/** True for what has interfaces. */
export function isLinked({ driver }: Network): boolean {
  return driver !== 'host' && driver !== 'none';
}

/** A container's place in a network, with the network. */
export interface Place {
  readonly endpoint: ContainerEndpoint;
  readonly network: Network;
}

/** Throws not-found. */
export function listPlaces(networks: NetworkParts, endpoints: readonly ContainerEndpoint[]): readonly Place[] {
  return endpoints.map((endpoint) => ({ endpoint, network: findNetworkOf(networks, endpoint) }));
}

/** Throws not-found, in Docker's words. */
function findNetworkOf(networks: NetworkParts, { networkId, networkName }: ContainerEndpoint): Network {
  const found = networkId === '' ? resolveNetwork(networks, networkName) : networks.store.get(networkId);
  if (found === undefined) throw new EngineError('not-found', `network ${networkId} not found`);
  return found;
}
