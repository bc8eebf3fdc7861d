import type { ContainerId, NetworkId } from '../../model/ids.js';
import { toList, toObject, toText, toTextMap } from '../../model/json-values.js';
import type { AddressPool, NetworkConfig, NetworkDetails, NetworkDriver, NetworkMember } from '../../model/network.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { fromWireTime } from './time.js';

/** The answer of `GET /networks/{id}`, and a row of `GET /networks`: the other direction of network.ts. */
export function fromWireNetwork(value: unknown): NetworkDetails {
  const wire = toObject(value);
  const [ipam, options] = [toObject(wire['IPAM']), toTextMap(wire['Options'])];
  const driver = toText(wire['Driver']);
  const id = toText(wire['Id']) as NetworkId;
  const pools = toList(ipam['Config']).map(fromWirePool);
  return omitUndefined({
    id,
    name: toText(wire['Name']),
    // Those of plug-ins and of swarms keep their word.
    driver: (driver === 'null' ? 'none' : driver) as NetworkDriver,
    pools,
    // Not told before 1.47, when there was no network without.
    enableIpv4: wire['EnableIPv4'] !== false,
    enableIpv6: wire['EnableIPv6'] === true,
    internal: wire['Internal'] === true,
    attachable: wire['Attachable'] === true,
    options,
    ipamOptions: toTextMap(ipam['Options']),
    labels: toTextMap(wire['Labels']),
    createdAtMs: fromWireTime(toText(wire['Created'])),
    configOnly: wire['ConfigOnly'] === true ? (true as const) : undefined,
    configFrom: toText(toObject(wire['ConfigFrom'])['Network']) || undefined,
    interfaceName: nameInterface(driver, id, options),
    members: Object.entries(toObject(wire['Containers'])).map(fromWireMember),
  });
}

function nameInterface(driver: string, id: string, options: Readonly<Record<string, string>>): string | undefined {
  if (driver === 'bridge') return options['com.docker.network.bridge.name'] || `br-${id.slice(0, 12)}`;
  return options['parent'];
}

function fromWirePool(value: unknown): AddressPool {
  const { Subnet: subnet = '', IPRange: ipRange, Gateway: gateway } = toTextMap(value);
  const { AuxiliaryAddresses, AuxAddress } = toObject(value);
  const auxAddresses = toTextMap(AuxiliaryAddresses ?? AuxAddress);
  return omitUndefined({
    subnet,
    ipRange: ipRange || undefined,
    gateway: gateway?.replace(/\/\d+$/, '') || undefined,
    auxAddresses: Object.keys(auxAddresses).length === 0 ? undefined : auxAddresses,
  });
}

function fromWireMember([id, value]: [string, unknown]): NetworkMember {
  const wire = toTextMap(value);
  return omitUndefined({
    containerId: id as ContainerId,
    containerName: wire['Name'] ?? '',
    endpointId: wire['EndpointID'] ?? '',
    macAddress: wire['MacAddress'] || undefined,
    ipv4Address: wire['IPv4Address'] || undefined,
    ipv6Address: wire['IPv6Address'] || undefined,
  });
}

/** The body of `POST /networks/create`. */
export function toWireNetworkCreate(config: NetworkConfig): object {
  const { pools, driver } = config;
  const ipam =
    pools !== undefined || config.ipamDriver !== undefined || config.ipamOptions !== undefined
      ? { Driver: config.ipamDriver ?? 'default', Options: config.ipamOptions ?? {}, Config: (pools ?? []).map(toPool) }
      : undefined;
  return omitUndefined({
    Name: config.name,
    CheckDuplicate: true,
    Driver: driver === 'none' ? 'null' : driver,
    EnableIPv4: config.enableIpv4,
    EnableIPv6: config.enableIpv6,
    Internal: config.internal,
    Attachable: config.attachable,
    ConfigOnly: config.configOnly,
    ConfigFrom: config.configFrom === undefined ? undefined : { Network: config.configFrom },
    Scope: config.scope,
    Options: config.options,
    Labels: config.labels,
    IPAM: ipam,
  });
}

function toPool({ subnet, ipRange, gateway, auxAddresses }: Partial<AddressPool>): object {
  return omitUndefined({ Subnet: subnet, IPRange: ipRange, Gateway: gateway, AuxiliaryAddresses: auxAddresses });
}
