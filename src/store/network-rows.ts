import { toWireNetwork } from '../api/wire/network.js';
import type { Container, ContainerEndpoint } from '../model/container.js';
import type { Network, NetworkMember } from '../model/network.js';
import { omitUndefined } from '../model/omit-undefined.js';
import type { ContainersState } from './containers-store.js';
import { createListFilter } from './list-filter.js';
import { isAlive } from './list-rows.js';
import { compareNaturally } from './natural-order.js';
import type { ResourcesState } from './resources-store.js';
import type { NetworkSortColumn, ViewState } from './view-store.js';

/** A container in a network, with its place there. */
export interface Membership {
  readonly container: Container;
  readonly endpoint: ContainerEndpoint;
}

/** The rows of the network list, filtered and sorted. */
export function selectNetworkRows(
  { networks }: Pick<ResourcesState, 'networks'>,
  containers: Pick<ContainersState, 'byId'>,
  { lists, networkSort }: Pick<ViewState, 'lists' | 'networkSort'>,
): readonly Network[] {
  const matches = createListFilter(lists.networks.filter);
  const rows = networks.filter(({ name, driver, pools, id, labels }) =>
    matches({
      text: [name, driver, ...pools.map(({ subnet }) => subnet), id.slice(0, 12)].join(' '),
      names: [name],
      labels,
    }),
  );
  const compare = comparisons(containers)[networkSort.column];
  rows.sort((a, b) => compare(a, b) || compareNaturally(a.name, b.name));
  return networkSort.isReversed ? rows.reverse() : rows;
}

/** The containers in a network, those that run first, then by name. */
export function findMembers(
  { byId }: Pick<ContainersState, 'byId'>,
  network: Pick<Network, 'id' | 'name'>,
): readonly Membership[] {
  const members = [...byId.values()].flatMap((container) => {
    const endpoint = findEndpoint(container, network);
    return endpoint === undefined ? [] : [{ container, endpoint }];
  });
  const order = ({ container }: Membership) => (isAlive(container) ? 0 : 1);
  return members.sort((a, b) => order(a) - order(b) || compareNaturally(a.container.name, b.container.name));
}

/** How many containers are in a network, of all of them at once. */
export function countMembers({
  byId,
}: Pick<ContainersState, 'byId'>): (network: Pick<Network, 'id' | 'name'>) => number {
  const counts = new Map<string, number>();
  for (const { networks } of byId.values()) {
    for (const { networkId, networkName } of networks) {
      const key = networkId || `name ${networkName}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return ({ id, name }) => (counts.get(id) ?? 0) + (counts.get(`name ${name}`) ?? 0);
}

/** A container's place in a network; one that was made before its network was there has only that network's name. */
export function findEndpoint(
  { networks }: Container,
  { id, name }: Pick<Network, 'id' | 'name'>,
): ContainerEndpoint | undefined {
  return networks.find(({ networkId, networkName }) => networkId === id || (networkId === '' && networkName === name));
}

/** Lines of JSON: a network with those of its containers that run, as `network inspect` prints it. */
export function inspectNetwork(network: Network, members: readonly Membership[]): readonly string[] {
  const running = members.filter(({ container }) => isAlive(container));
  const wire = toWireNetwork({ ...network, members: running.map(toMember) });
  return JSON.stringify([wire], undefined, 4).split('\n');
}

function toMember({ container, endpoint }: Membership): NetworkMember {
  const { ipAddress, prefixLength, ip6Address, ip6PrefixLength, macAddress, endpointId } = endpoint;
  return {
    containerId: container.id,
    containerName: container.name,
    endpointId,
    ...omitUndefined({
      macAddress,
      ipv4Address: withPrefix(ipAddress, prefixLength),
      ipv6Address: withPrefix(ip6Address, ip6PrefixLength),
    }),
  };
}

/** `172.18.0.2/16`. */
export function withPrefix(address: string | undefined, length: number | undefined): string | undefined {
  return address === undefined || length === undefined ? address : `${address}/${length}`;
}

type Comparison = (a: Network, b: Network) => number;

/** Newest and fullest first. */
function comparisons(containers: Pick<ContainersState, 'byId'>): Readonly<Record<NetworkSortColumn, Comparison>> {
  const subnet = ({ pools }: Network) => pools[0]?.subnet ?? '';
  const gateway = ({ pools }: Network) => pools[0]?.gateway ?? '';
  // Those that are as most are come last.
  const kind = ({ internal, enableIpv6, attachable }: Network) =>
    internal ? '0' : enableIpv6 ? '1' : attachable ? '2' : '3';
  const count = countMembers(containers);
  return {
    name: () => 0,
    driver: (a, b) => compareNaturally(a.driver, b.driver),
    subnet: (a, b) => compareNaturally(subnet(a), subnet(b)),
    containers: (a, b) => count(b) - count(a),
    created: (a, b) => b.createdAtMs - a.createdAtMs,
    kind: (a, b) => kind(a).localeCompare(kind(b)),
    gateway: (a, b) => compareNaturally(gateway(a), gateway(b)),
    id: (a, b) => a.id.localeCompare(b.id),
  };
}
