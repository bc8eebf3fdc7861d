import { existsSync } from 'node:fs';
import type { BoundPort } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { listHostBindings } from '../networks/driver-options.js';
import { readHostInterfaceIndex } from '../networks/host-interfaces.js';
import type { NetworkParts } from '../networks/network-parts.js';
import type { ContainerParts, NetworkedParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { isLinked, listPlaces, type Place, takeAddresses } from './endpoints.js';
import { announceNames, toResolverSettings } from './network-names.js';
import { compileNetworkRun, type NetworkRunInput } from './network-run.js';
import { findServed } from './network-ways.js';
import { listOpenedPorts, listWantedPorts, rewriteOpened } from './opened-ports.js';
import { prefixError } from './prefix-error.js';

/** A container whose networks are up and in which it has its addresses, and what its monitor is told of them. */
export interface ConnectedRecord {
  readonly record: ContainerRecord;
  /** Absent where it has no network of an engine's. */
  readonly network?: Uint8Array;
}

/**
 * Brings up the networks of a container that is being started, takes its addresses and ports, and writes both into its row: they are
 * let go of when it has ended (container-store.ts). Rejects: not-found (a network that is gone), permission-denied (address taken),
 * conflict, unavailable, internal (port taken, no address left).
 */
export async function connectNetworks(given: ContainerParts, record: ContainerRecord): Promise<ConnectedRecord> {
  if (record.networks.length === 0) return { record };
  const parts = await withNetworks(given);
  const networks = listPlaces(parts.networks, record.networks).map(({ network }) => network);
  const linked = networks.filter(isLinked);
  if (linked.length === 0) return { record };
  for (const network of linked) await parts.networks.links.up(network);
  const taken = take(parts, record);
  await rewriteOpened(parts.networks, taken.networks);
  const places = listPlaces(parts.networks, taken.networks);
  announceNames(parts.paths, taken, places);
  return { record: taken, network: compileNetworkRun(toRunInput(parts, taken, places)) };
}

export async function withNetworks(parts: ContainerParts): Promise<NetworkedParts> {
  return { ...parts, networks: await parts.networks.open() };
}

/** A container that has its addresses, in networks that are up. */
export function toRunInput(
  parts: Pick<NetworkedParts, 'paths' | 'networks'>,
  record: ContainerRecord,
  places: readonly Place[],
): NetworkRunInput {
  const resolver = toResolverSettings(parts.paths, record, places);
  return {
    ...(resolver && { resolver }),
    containerName: record.name,
    table: parts.networks.table,
    isTranslating: parts.networks.firewall.backend() === 'nftables',
    endpoints: places
      .filter(({ network }) => isLinked(network))
      .map((place) => ({ ...place, linkIndex: readLinkIndex(place.network) })),
    ports: record.publishedPorts ?? [],
    opened: listOpenedPorts(record),
  };
}

/** In one transaction: what cannot be had wholly is not had at all. */
function take(parts: NetworkedParts, { id, name }: ContainerRecord): ContainerRecord {
  const taken = parts.store.change(id, (record) => {
    const setUp = 'failed to set up container networking: ';
    const networks = prefixError(setUp, () => takeAddresses(parts.networks, record));
    const owner = `${setUp}driver failed programming external connectivity on endpoint ${name} (${networks[0]?.endpointId ?? ''}): `;
    const publishedPorts = prefixError(owner, () => takePorts(parts.networks, { ...record, networks }));
    return { record: { ...record, networks, publishedPorts } };
  });
  if (taken === undefined) throw new EngineError('not-found', `No such container: ${id}`);
  return taken;
}

/**
 * At the addresses that the first of its networks is published at, where a port names none; not at those for which others reach the
 * container itself.
 */
function takePorts(networks: NetworkParts, record: ContainerRecord): readonly BoundPort[] {
  const places = listPlaces(networks, record.networks);
  const [first] = places.filter(({ network }) => network.driver === 'bridge');
  const isServed = (hostIp: string) => findServed(places, hostIp)?.isRouted !== true;
  const addresses = listHostBindings(first?.network.options ?? {}, existsSync('/proc/net/if_inet6')).filter(isServed);
  const wanted = listWantedPorts(record.config).filter(({ hostIp }) =>
    hostIp === undefined ? addresses.length > 0 : isServed(hostIp),
  );
  return networks.ports.take(record.id, wanted, addresses);
}

function readLinkIndex({ interfaceName = '' }: Network): number {
  try {
    return readHostInterfaceIndex(interfaceName);
  } catch (cause) {
    throw new EngineError('unavailable', `the interface ${interfaceName} is not there`, { cause });
  }
}
