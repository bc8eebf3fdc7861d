import type { ContainerEndpoint } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId, NetworkId } from '../../model/ids.js';
import { formatIpAddress, hasAddress, parseIpAddress } from '../../model/ip-address.js';
import { normalizeMacAddress } from '../../model/mac-address.js';
import type { AddressPool, Network } from '../../model/network.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { Database } from '../../platform/database.js';
import { hostsIn, hostsOf, toSubnetOf } from './address-pools.js';
import { listRouted } from './driver-options.js';

/** Who has which address. The key of a row is network and address, so that no two ever have one. */
export interface EndpointAddresses {
  /** Takes those of a network that no container gets, gateways and auxiliary ones, in place of those it had before. */
  keep(network: Network): void;
  /**
   * The endpoint with the addresses that it has from now on: those that its attachment asks for, else the first free ones. Call it
   * in the transaction that makes it true. Throws internal (all are taken), permission-denied (that one is), invalid-argument: Docker's
   * statuses.
   */
  take(network: Network, endpoint: ContainerEndpoint, containerId: ContainerId): ContainerEndpoint;
  /** Gives back what an endpoint has. */
  release(endpointId: string): void;
  /** True while a container has an address of it, or begins to. */
  isUsed(id: NetworkId): boolean;
}

export function createEndpointAddresses(database: Database): EndpointAddresses {
  const insert = (network: Network, address: string, containerId: string | null, endpointId: string | null): boolean =>
    database.run(
      'INSERT INTO endpoint_addresses (network_id, address, container_id, endpoint_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[network.id, address, containerId, endpointId],
    ) === 1;
  const listTaken = (network: Network): ReadonlySet<string> => {
    const rows = database.all('SELECT address FROM endpoint_addresses WHERE network_id = ?', network.id);
    return new Set(rows.map((row) => String(row['address'])));
  };
  /** The address and its pool; undefined where the network gives none of that version. */
  const takeOne = (network: Network, version: 4 | 6, asked: string | undefined, owner: Owner): Taken | undefined => {
    if (!(version === 4 ? network.enableIpv4 : network.enableIpv6)) return undefined;
    const pools = network.pools.filter((pool) => toSubnetOf(pool).version === version);
    const address = asked === undefined ? findFree(network, pools, listTaken(network)) : checkAsked(asked, pools);
    if (!insert(network, address.text, owner.containerId, owner.endpointId)) {
      throw inUse();
    }
    return address;
  };
  return {
    keep: (network) => {
      database.run('DELETE FROM endpoint_addresses WHERE network_id = ? AND container_id IS NULL', network.id);
      for (const { gateway, auxAddresses = {} } of network.pools) {
        for (const address of [gateway, ...Object.values(auxAddresses)]) {
          if (address !== undefined) insert(network, address, null, null);
        }
      }
    },
    take: (network, endpoint, containerId) =>
      database.transaction(() => {
        const { endpointId, attachment } = endpoint;
        const owner = { containerId, endpointId };
        refuseUnconfigured(network, endpoint);
        const ipv4 = takeOne(network, 4, attachment.ipAddress, owner);
        const ipv6 = takeOne(network, 6, attachment.ip6Address, owner);
        return omitUndefined({
          ...endpoint,
          ipAddress: ipv4?.text,
          prefixLength: ipv4?.prefixLength,
          gateway: network.internal ? undefined : ipv4?.pool.gateway,
          ip6Address: ipv6?.text,
          ip6PrefixLength: ipv6?.prefixLength,
          ip6Gateway: network.internal ? undefined : ipv6?.pool.gateway,
          routed: readRouted(network, { 4: ipv4, 6: ipv6 }),
          // Of ipvlan it is the parent's.
          macAddress:
            network.driver === 'ipvlan'
              ? undefined
              : (normalizeMacAddress(attachment.macAddress ?? '') ?? makeMacAddress(ipv4?.text, endpointId)),
        });
      }),
    release: (endpointId) => {
      database.run('DELETE FROM endpoint_addresses WHERE endpoint_id = ?', endpointId);
    },
    isUsed: (id) => {
      const sql = 'SELECT 1 FROM endpoint_addresses WHERE network_id = ? AND container_id IS NOT NULL LIMIT 1';
      return database.get(sql, id) !== undefined;
    },
  };
}

interface Owner {
  readonly containerId: ContainerId;
  readonly endpointId: string;
}

interface Taken {
  readonly text: string;
  readonly prefixLength: number;
  readonly pool: AddressPool;
}

/** Nothing comes into an internal network. */
function readRouted(
  { driver, internal, options }: Network,
  taken: Readonly<Record<4 | 6, Taken | undefined>>,
): readonly (4 | 6)[] | undefined {
  if (driver !== 'bridge' || internal) return undefined;
  const routed = listRouted(options).filter((family) => taken[family] !== undefined);
  return routed.length > 0 ? routed : undefined;
}

/** An address may be asked for where the user has chosen the subnet: Docker's rule, as any other may be different after a reboot. */
function refuseUnconfigured(network: Network, { attachment }: Pick<ContainerEndpoint, 'attachment'>): void {
  for (const [version, address] of [
    [4, attachment.ipAddress],
    [6, attachment.ip6Address],
  ] as const) {
    if (address === undefined) continue;
    const isChosen = network.pools.some((pool) => toSubnetOf(pool).version === version && pool.isAutomatic !== true);
    if (isChosen) continue;
    throw new EngineError(
      'invalid-argument',
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    );
  }
}

function checkAsked(asked: string, pools: readonly AddressPool[]): Taken {
  const address = parseIpAddress(asked);
  const pool = address && pools.find((candidate) => hasAddress(toSubnetOf(candidate), address));
  if (address === undefined || pool === undefined) {
    throw new EngineError(
      'invalid-argument',
      `Invalid address ${asked}: It does not belong to any of this network's subnets`,
    );
  }
  const subnet = toSubnetOf(pool);
  const { first, last } = hostsIn(subnet);
  if (address.value < first || address.value > last) throw inUse();
  return { text: formatIpAddress(address), prefixLength: subnet.prefixLength, pool };
}

function inUse(): EngineError {
  return new EngineError('permission-denied', 'Address already in use');
}

function findFree(network: Network, pools: readonly AddressPool[], taken: ReadonlySet<string>): Taken {
  for (const pool of pools) {
    const subnet = toSubnetOf(pool);
    const { first, last } = hostsOf(pool);
    for (let value = first; value <= last; value++) {
      const text = formatIpAddress({ version: subnet.version, value });
      if (!taken.has(text)) return { text, prefixLength: subnet.prefixLength, pool };
    }
  }
  const version = pools.some(({ subnet }) => subnet.includes(':')) ? 6 : 4;
  throw new EngineError(
    'internal',
    `no available IPv${version} addresses on this network's address pools: ${network.name} (${network.id})`,
  );
}

/** Docker's: locally administered, with the IPv4 address as its end, so that a neighbour's table is right whoever has the address. */
function makeMacAddress(ipAddress: string | undefined, endpointId: string): string {
  const end =
    ipAddress?.split('.').map(Number) ?? [0, 2, 4, 6].map((at) => Number(`0x${endpointId.slice(at, at + 2)}`));
  return ['02', '42', ...end.map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
