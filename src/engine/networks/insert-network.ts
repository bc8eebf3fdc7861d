import { EngineError } from '../../model/errors.js';
import { formatIpAddress, formatSubnet, type Subnet } from '../../model/ip-address.js';
import type { AddressPool, Network } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { findFreePool, makeLocalPool, refuseHostRoutes, refuseOverlap, toSubnetOf } from './address-pools.js';
import { checkBridgePool, checkKeptAddresses, selectGateway } from './check-pools.js';
import { hasNoHostAddress, isIsolated } from './driver-options.js';
import type { NetworkParts } from './network-parts.js';

/** Chooses what pools are missing and writes the row, all in one transaction: two processes never take one subnet. */
export function insertNetwork(parts: NetworkParts, draft: Network): Network {
  const routes = parts.readRoutes();
  return parts.database.transaction(() => {
    refuseTakenName(parts, draft.name);
    refuseTakenBridge(parts, draft);
    const others = parts.store.list().flatMap(listSubnets);
    const asked = draft.pools.map(toSubnetOf);
    refuseOverlap(asked, others);
    // The others' containers are in a network of the host.
    if (draft.driver === 'bridge') refuseHostRoutes(asked, routes);
    const network = { ...draft, pools: completePools(draft, [...others, ...routes]) };
    for (const pool of network.pools) checkKeptAddresses(pool);
    if (draft.driver === 'bridge') network.pools.forEach(checkBridgePool);
    writeNetwork(parts, network);
    parts.addresses.keep(network);
    return network;
  });
}

/** The row alone, with its event. Call it in a transaction. */
export function writeNetwork(parts: NetworkParts, network: Network): void {
  parts.store.insert(network);
  // The default network is there before anybody could hear of it, as Docker's is.
  if (isPredefinedName(network.name)) return;
  const attributes = { name: network.name, type: network.driver };
  parts.events.publish({ type: 'network', action: 'create', id: network.id, attributes });
}

/** A configuration takes no address from anybody. */
function listSubnets({ pools, configOnly }: Network): readonly Subnet[] {
  return configOnly === true ? [] : pools.map(toSubnetOf);
}

/** The row alone, with its event. */
export function removeRow({ database, store, events }: NetworkParts, { id, name, driver }: Network): void {
  database.transaction(() => {
    if (!store.remove(id)) return;
    events.publish({ type: 'network', action: 'destroy', id, attributes: { name, type: driver } });
  });
}

/** Throws conflict, in Docker's words. */
export function refuseTakenName({ store }: NetworkParts, name: string): void {
  if (store.findByName(name) === undefined) return;
  throw new EngineError('conflict', `network with name ${name} already exists`);
}

function refuseTakenBridge({ store }: NetworkParts, { id, driver, interfaceName }: Network): void {
  if (driver !== 'bridge') return;
  const other = store.list().find((network) => network.driver === 'bridge' && network.interfaceName === interfaceName);
  if (other === undefined) return;
  throw new EngineError(
    'permission-denied',
    `cannot create network ${id} (${interfaceName}): conflicts with network ${other.id} (${interfaceName}): networks have same bridge name`,
  );
}

function completePools(draft: Network, taken: readonly Subnet[]): readonly AddressPool[] {
  const has = (version: 4 | 6) => draft.pools.some((pool) => toSubnetOf(pool).version === version);
  const chosen = [
    ...(draft.enableIpv4 && !has(4) ? [findFreePool(taken)] : []),
    ...(draft.enableIpv6 && !has(6) ? [makeLocalPool(draft.id.slice(0, 10))] : []),
  ];
  const automatic = chosen.map((subnet): AddressPool => ({ subnet: formatSubnet(subnet), isAutomatic: true }));
  return [...draft.pools, ...automatic].map((pool) => {
    if (pool.gateway !== undefined || needsNoGateway(draft, toSubnetOf(pool).version)) return pool;
    return { ...pool, gateway: formatIpAddress(selectGateway(pool)) };
  });
}

/** Docker's rule: the host has no address in it, and no way leads through the host. */
function needsNoGateway({ driver, options, internal }: Network, version: 4 | 6): boolean {
  if (driver !== 'bridge') return false;
  return isIsolated(options, version) || (version === 4 && internal && hasNoHostAddress(options));
}
