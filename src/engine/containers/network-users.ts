import { isActive } from '../../model/container-state.js';
import type { NetworkId } from '../../model/ids.js';
import type { NetworkMember } from '../../model/network.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { NetworkUsers } from '../networks/network-parts.js';
import type { ContainerStore } from './container-store.js';

export function createNetworkUsers(store: Pick<ContainerStore, 'list'>): NetworkUsers {
  const list = (id: NetworkId) =>
    store.list({ all: true }).flatMap((record) => {
      const endpoint = record.networks.find(({ networkId }) => networkId === id);
      return endpoint === undefined ? [] : [{ record, endpoint }];
    });
  return {
    listUsers: (id) => list(id).map(({ record }) => record.id),
    listMembers: (id) =>
      list(id)
        .filter(({ record }) => isActive(record.state))
        .map(
          ({ record, endpoint }): NetworkMember =>
            omitUndefined({
              containerId: record.id,
              containerName: record.name,
              endpointId: endpoint.endpointId,
              macAddress: endpoint.macAddress,
              ipv4Address: withPrefix(endpoint.ipAddress, endpoint.prefixLength),
              ipv6Address: withPrefix(endpoint.ip6Address, endpoint.ip6PrefixLength),
            }),
        ),
  };
}

function withPrefix(address: string | undefined, length: number | undefined): string | undefined {
  return address === undefined || length === undefined ? undefined : `${address}/${length}`;
}
