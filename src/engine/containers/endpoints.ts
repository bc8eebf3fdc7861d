import type { ContainerEndpoint } from '../../model/container.js';
import type { ContainerConfig, NetworkAttachment } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { randomHex } from '../../platform/random.js';
import { resolveNetwork } from '../networks/default-network.js';
import { refuseUnconfigured } from '../networks/endpoint-addresses.js';
import type { NetworkParts } from '../networks/network-parts.js';
import { checkNetworkModes } from './check-network-modes.js';
import type { ContainerRecord } from './container-record.js';

/** The endpoints of a new container, without addresses; `container:X` has X's and none of its own. Throws not-found, invalid-argument. */
export function makeEndpoints(networks: NetworkParts, config: ContainerConfig): readonly ContainerEndpoint[] {
  checkNetworkModes(config);
  return listAttachments(config).map((attachment) => {
    const network = resolveNetwork(networks, attachment.network);
    checkAttachment(network, attachment);
    return makeEndpoint(network, attachment);
  });
}

export function makeEndpoint({ id, name }: Network, attachment: NetworkAttachment): ContainerEndpoint {
  return { networkId: id, networkName: name, endpointId: randomHex(32), attachment };
}

/** In their order; where there are none, the one that the mode of the namespace names. */
function listAttachments({ networks, namespaces }: ContainerConfig): readonly NetworkAttachment[] {
  const mode = namespaces?.network ?? 'default';
  if (mode.startsWith('container:')) return [];
  return networks !== undefined && networks.length > 0 ? networks : [{ network: mode }];
}

/** Throws invalid-argument, in Docker's words, for what only networks of the user's have. */
export function checkAttachment(network: Network, attachment: NetworkAttachment): void {
  if (!isPredefinedName(network.name)) {
    refuseUnconfigured(network, { attachment });
    return;
  }
  if (attachment.ipAddress !== undefined || attachment.ip6Address !== undefined) {
    throw new EngineError('invalid-argument', 'user specified IP address is supported on user defined networks only');
  }
  if (attachment.aliases !== undefined) {
    throw new EngineError(
      'invalid-argument',
      'network-scoped alias is supported only for containers in user defined networks',
    );
  }
}

/**
 * The endpoints of a container that is being started with addresses and interface names of their own. Call it in the transaction that
 * writes them into its row, which loses them by itself when the start fails or the container ends: container-store.ts. Throws not-found
 * (a network is gone), unavailable and conflict (addresses).
 */
export function takeAddresses(
  networks: NetworkParts,
  { id, networks: endpoints }: Pick<ContainerRecord, 'id' | 'networks'>,
): readonly ContainerEndpoint[] {
  return listPlaces(networks, endpoints).map(({ endpoint, network }, index) => {
    if (!isLinked(network)) return endpoint;
    const { id: networkId, name: networkName } = network;
    return networks.addresses.take(network, { ...endpoint, networkId, networkName, interfaceName: `eth${index}` }, id);
  });
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
