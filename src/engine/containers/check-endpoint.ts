import type { NetworkAttachment } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import { hasAddress, parseIpAddress, toSubnet } from '../../model/ip-address.js';
import { normalizeMacAddress } from '../../model/mac-address.js';
import type { Network } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { toSubnetOf } from '../networks/address-pools.js';
import { listInterfaceProblems } from '../networks/endpoint-options.js';
import { joinProblems } from '../networks/join-problems.js';

/** Refuses what cannot be asked of a place in that network: throws invalid-argument with all of it, in Docker's words and order. */
export function checkEndpoint(network: Network, attachment: NetworkAttachment): void {
  refuseConfiguration(network);
  const { ipAddress, ip6Address, linkLocalIps = [], driverOptions = {}, macAddress } = attachment;
  if (macAddress !== undefined && normalizeMacAddress(macAddress) === undefined) {
    throw refuse(`invalid MAC address ${macAddress}`);
  }
  const problems = [
    ...listUserDefinedOnly(network, attachment),
    ...listUnreadable(attachment),
    ...listOutside(network, 4, ipAddress),
    ...listOutside(network, 6, ip6Address),
    ...listInterfaceProblems(driverOptions),
  ];
  if (problems.length > 0) throw refuse(`invalid endpoint settings:\n${joinProblems(problems)}`);
  const far = linkLocalIps.find((text) => !isLinkLocal(text));
  if (far !== undefined) throw refuse(`invalid link local IP address: ${far}`);
  if (network.driver === 'ipvlan' && macAddress !== undefined) {
    throw refuse('ipvlan interfaces do not support custom mac address assignment');
  }
}

/** Throws permission-denied, in Docker's words. */
export function refuseConfiguration({ configOnly }: Network): void {
  if (configOnly !== true) return;
  throw new EngineError('permission-denied', 'cannot create endpoint on configuration-only network');
}

/** What only networks of the user's have. */
function listUserDefinedOnly({ name }: Network, attachment: NetworkAttachment): readonly string[] {
  if (!isPredefinedName(name)) return [];
  const { ipAddress, ip6Address, aliases = [] } = attachment;
  const hasAddresses = ipAddress !== undefined || ip6Address !== undefined;
  return [
    ...(hasAddresses ? ['user specified IP address is supported on user defined networks only'] : []),
    ...(aliases.length > 0 ? ['network-scoped alias is supported only for containers in user defined networks'] : []),
  ];
}

function listUnreadable({ ipAddress, ip6Address, linkLocalIps = [] }: NetworkAttachment): readonly string[] {
  return [
    ...(ipAddress === undefined || isMachine(ipAddress, 4) ? [] : [`invalid IPv4 address: ${ipAddress}`]),
    ...(ip6Address === undefined || isMachine(ip6Address, 6) ? [] : [`invalid IPv6 address: ${ip6Address}`]),
    ...linkLocalIps.filter((text) => !isMachine(text)).map((text) => `invalid link-local IP address: ${text}`),
  ];
}

/** True for an address, but for the one that stands for none. */
function isMachine(text: string, version?: 4 | 6): boolean {
  const address = parseIpAddress(text);
  return address !== undefined && address.value !== 0n && (version ?? address.version) === address.version;
}

/**
 * An address may be asked for where the user has chosen the subnet: any other may be different after a reboot. Those of the default
 * network count as chosen.
 */
function listOutside(network: Network, version: 4 | 6, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const chosen = network.pools
    .filter(({ isAutomatic }) => isAutomatic !== true || isPredefinedName(network.name))
    .map(toSubnetOf)
    .filter((subnet) => subnet.version === version);
  if (chosen.length === 0) {
    return ['user specified IP address is supported only when connecting to networks with user configured subnets'];
  }
  const address = parseIpAddress(text);
  if (address !== undefined && chosen.some((subnet) => hasAddress(subnet, address))) return [];
  return [`no configured subnet or ip-range contain the IP address ${text}`];
}

/** RFC 3927 and RFC 4291, 2.5.6 */
function isLinkLocal(text: string): boolean {
  const address = parseIpAddress(text);
  if (address === undefined) return false;
  const { version } = address;
  return toSubnet(address, version === 4 ? 16 : 10).first === (version === 4 ? 0xa9fe_0000n : 0xfe80n << 112n);
}

function refuse(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
