import type { ContainerEndpoint } from '../../model/container.js';
import type { ContainerConfig, NetworkAttachment } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { Network } from '../../model/network.js';
import { randomHex } from '../../platform/random.js';
import { resolveNetwork } from '../networks/default-network.js';
import { refuseUnconfigured } from '../networks/endpoint-addresses.js';
import type { NetworkParts } from '../networks/network-parts.js';
import { isPredefinedName } from '../networks/predefined-names.js';
import { checkNetworkModes } from './check-network-modes.js';
import type { NetworkedParts } from './container-parts.js';
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
 * Gives every endpoint of a container that is being started its addresses, and an interface name; the row has them when this
 * returns, and loses them by itself when the start fails or the container ends: container-store.ts. Throws not-found (a network
 * is gone), unavailable and conflict (addresses).
 */
export function takeAddresses(
  { store, networks }: Pick<NetworkedParts, 'store' | 'networks'>,
  { id }: Pick<ContainerRecord, 'id'>,
): readonly ContainerEndpoint[] {
  const changed = store.change(id, (record) => ({
    record: {
      ...record,
      networks: record.networks.map((endpoint, index) =>
        takeOne(networks, id, { ...endpoint, interfaceName: `eth${index}` }),
      ),
    },
  }));
  return changed?.networks ?? [];
}

function takeOne(networks: NetworkParts, id: ContainerId, endpoint: ContainerEndpoint): ContainerEndpoint {
  const network = findNetworkOf(networks, endpoint);
  if (network.driver === 'host' || network.driver === 'none') {
    const { interfaceName: _, ...rest } = endpoint;
    return rest;
  }
  return networks.addresses.take(network, { ...endpoint, networkId: network.id, networkName: network.name }, id);
}

/** Throws not-found, in Docker's words. */
export function findNetworkOf(networks: NetworkParts, { networkId, networkName }: ContainerEndpoint): Network {
  const found = networkId === '' ? resolveNetwork(networks, networkName) : networks.store.get(networkId);
  if (found === undefined) throw new EngineError('not-found', `network ${networkId} not found`);
  return found;
}
