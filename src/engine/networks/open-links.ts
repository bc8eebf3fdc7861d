import { EngineError } from '../../model/errors.js';
import { doOverlap, formatIpAddress, formatSubnet, parseCidr, type Subnet } from '../../model/ip-address.js';
import type { AddressPool, Network } from '../../model/network.js';
import type { Database } from '../../platform/database.js';
import { findFreePool, toSubnetOf } from './address-pools.js';
import { type BridgeLinks, findBridge, type LinkedNetwork } from './bridge-links.js';
import { selectGateway } from './check-pools.js';
import {
  hasNoHostAddress,
  isMasqueraded,
  listRouted,
  listSourceAddresses,
  listTrustedInterfaces,
  listUnprotected,
  readMtu,
} from './driver-options.js';
import type { EndpointAddresses } from './endpoint-addresses.js';
import type { HostClaims } from './host-claims.js';
import { toInterfaceAlias } from './host-interfaces.js';
import type { NetworkLinks } from './network-links.js';
import type { NetworkStore } from './network-store.js';
import type { ParentLinks } from './parent-links.js';

export interface NetworkLinksOptions {
  readonly database: Database;
  readonly store: NetworkStore;
  readonly addresses: EndpointAddresses;
  readonly bridges: BridgeLinks;
  readonly parents: ParentLinks;
  readonly claims: HostClaims;
  readonly readRoutes: () => readonly Subnet[];
  /** The table of the firewall: by it interfaces are known as this state root's. */
  readonly table: string;
}

/** Networks on the host. A subnet that the engine chose is chosen anew where others have it when the network comes up. */
export function createNetworkLinks(options: NetworkLinksOptions): NetworkLinks {
  const { bridges, parents, claims, table } = options;
  const release = ({ pools, interfaceName = '' }: Network): void => {
    for (const { subnet } of pools) claims.release(subnet, interfaceName);
  };
  return {
    up: async (network) => {
      if (network.driver !== 'bridge') {
        await parents.up(network);
        return;
      }
      if (findBridge(toLinked(network, table)) !== undefined) return;
      const claimed = claimPools(options, network);
      try {
        await bridges.up(toLinked(claimed, table));
      } catch (error) {
        release(claimed);
        throw error;
      }
    },
    down: async (network) => {
      if (network.driver !== 'bridge') {
        await parents.down(network);
        return;
      }
      await bridges.down(toLinked(network, table));
      release(network);
    },
    rewrite: () => bridges.rewrite(),
  };
}

/** What the bridge and the firewall have to know of it. */
export function toLinked(network: Network, table: string): LinkedNetwork {
  const { id, name, interfaceName = '', pools, internal, options } = network;
  const mtu = readMtu(options);
  return {
    ...{ name, interfaceName, alias: toInterfaceAlias(table, id) },
    gateways: pools
      .filter(({ subnet }) => subnet.includes(':') || !hasNoHostAddress(options))
      .flatMap(({ subnet, gateway }) => (gateway ? [`${gateway}/${subnet.split('/')[1]}`] : [])),
    subnets: pools.map(({ subnet }) => subnet),
    ...(mtu !== undefined && { mtu }),
    isInternal: internal,
    isMasqueraded: isMasqueraded(options),
    sourceAddresses: listSourceAddresses(options),
    unprotected: listUnprotected(options),
    routed: listRouted(options),
    trustedInterfaces: listTrustedInterfaces(options),
  };
}

function claimPools(options: NetworkLinksOptions, network: Network): Network {
  const routes = options.readRoutes();
  const pools = network.pools.map((pool) => claimPool(options, network, pool, routes));
  if (pools.every((pool, index) => pool === network.pools[index])) return network;
  const renumbered = { ...network, pools };
  options.database.transaction(() => {
    options.store.update(renumbered);
    options.addresses.keep(renumbered);
  });
  return renumbered;
}

function claimPool(
  { claims, store }: NetworkLinksOptions,
  { id, name, interfaceName = '' }: Network,
  pool: AddressPool,
  routes: readonly Subnet[],
): AddressPool {
  const claimed = listClaimed(claims, interfaceName);
  const notFree = pool.isAutomatic === true ? [...routes, ...claimed] : claimed;
  const isFree = !notFree.some((other) => doOverlap(toSubnetOf(pool), other));
  if (isFree && claims.take(pool.subnet, interfaceName)) return pool;
  if (pool.isAutomatic !== true) {
    throw new EngineError('permission-denied', `network ${name}: Pool overlaps with other one on this address space`);
  }
  const others = store.list().filter((network) => network.id !== id);
  const taken = [...routes, ...claimed, ...others.flatMap(({ pools }) => pools.map(toSubnetOf)), toSubnetOf(pool)];
  // Throws invalid-argument when none is left.
  for (;;) {
    const subnet = findFreePool(taken);
    const text = formatSubnet(subnet);
    if (claims.take(text, interfaceName)) {
      const chosen = { subnet: text, isAutomatic: true } as const;
      return pool.gateway === undefined ? chosen : { ...chosen, gateway: formatIpAddress(selectGateway(chosen)) };
    }
    taken.push(subnet);
  }
}

/** What other networks have, of this and of other state roots. */
function listClaimed(claims: HostClaims, interfaceName: string): readonly Subnet[] {
  return claims
    .list()
    .filter((claim) => claim.interfaceName !== interfaceName && !claim.isUnused)
    .flatMap(({ subnet }) => parseCidr(subnet)?.subnet ?? []);
}
