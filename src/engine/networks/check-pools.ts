import { EngineError } from '../../model/errors.js';
import {
  doOverlap,
  formatIpAddress,
  formatSubnet,
  hasAddress,
  type IpAddress,
  parseCidr,
  parseIpAddress,
  type Subnet,
} from '../../model/ip-address.js';
import type { AddressPool } from '../../model/network.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { hostsIn, hostsOf, toSubnetOf } from './address-pools.js';
import { joinProblems } from './join-problems.js';

/**
 * The pools of a new network as they are kept, each address in its shortest form. Throws invalid-argument that names all that is
 * wrong with them, in the words of Docker's validation of IPAM configurations.
 */
export function checkPools(pools: readonly Partial<AddressPool>[]): readonly AddressPool[] {
  const problems: string[] = [];
  const checked = pools.flatMap((pool) => {
    const cidr = parseCidr(pool.subnet ?? '');
    if (cidr === undefined) {
      problems.push(`invalid subnet ${pool.subnet ?? ''}: invalid CIDR block notation`);
      return [];
    }
    const { subnet, address } = cidr;
    if (address.value !== subnet.first) {
      problems.push(`invalid subnet ${pool.subnet}: it should be ${formatSubnet(subnet)}`);
    }
    return [checkPool(pool, subnet, problems)];
  });
  if (problems.length > 0) {
    throw new EngineError('invalid-argument', `invalid network config:\n${joinProblems(problems)}`);
  }
  refuseSecondSubnet(checked);
  return checked;
}

function checkPool(pool: Partial<AddressPool>, subnet: Subnet, problems: string[]): AddressPool {
  const { ipRange, gateway, auxAddresses } = pool;
  const note = (what: string, text: string, problem: string | undefined): void => {
    if (problem !== undefined) problems.push(`invalid ${what} ${text}: ${problem}`);
  };
  if (ipRange !== undefined)
    for (const problem of listRangeProblems(ipRange, subnet)) note('ip-range', ipRange, problem);
  if (gateway !== undefined) note('gateway', gateway, findAddressProblem(gateway, subnet));
  for (const [name, address] of Object.entries(auxAddresses ?? {})) {
    note('auxiliary address', name, findAddressProblem(address, subnet));
  }
  const named = Object.entries(auxAddresses ?? {}).map(([name, text]) => [name, shortest(text)]);
  return omitUndefined({
    subnet: formatSubnet(subnet),
    ipRange,
    gateway: gateway === undefined ? undefined : shortest(gateway),
    auxAddresses: named.length === 0 ? undefined : Object.fromEntries(named),
  });
}

function listRangeProblems(text: string, subnet: Subnet): readonly string[] {
  const range = parseCidr(text);
  if (range === undefined) return ['invalid CIDR block notation'];
  if (range.address.version !== subnet.version) return [describeVersion(subnet)];
  const parent = `parent subnet ${formatSubnet(subnet)}`;
  const isBigger = range.subnet.prefixLength < subnet.prefixLength;
  return [
    ...(isBigger ? [`CIDR block is bigger than its ${parent}`] : []),
    ...(range.address.value === range.subnet.first ? [] : [`it should be ${formatSubnet(range.subnet)}`]),
    ...(doOverlap(range.subnet, subnet) ? [] : [`${parent} doesn't contain ip-range`]),
  ];
}

function findAddressProblem(text: string, subnet: Subnet): string | undefined {
  const address = parseIpAddress(text);
  if (address === undefined) return 'invalid address';
  if (address.version !== subnet.version) return describeVersion(subnet);
  return hasAddress(subnet, address) ? undefined : `parent subnet ${formatSubnet(subnet)} doesn't contain this address`;
}

function describeVersion({ version }: Subnet): string {
  return `parent subnet is an IPv${version} block`;
}

/** A bridge has one subnet of each kind. */
function refuseSecondSubnet(pools: readonly AddressPool[]): void {
  const versions = pools.map(({ subnet }) => (subnet.includes(':') ? 6 : 4));
  if (new Set(versions).size === versions.length) return;
  throw new EngineError('permission-denied', "bridge driver doesn't support multiple subnets");
}

function shortest(text: string): string {
  const address = parseIpAddress(text);
  return address === undefined ? text : formatIpAddress(address);
}

/** The address of the host where none is asked for: the first of the range that a machine can have. Throws invalid-argument. */
export function selectGateway(pool: AddressPool): IpAddress {
  const { version } = toSubnetOf(pool);
  const { first, last } = hostsOf(pool);
  if (first <= last) return { version, value: first };
  throw new EngineError('invalid-argument', 'failed to allocate gateway (): no available addresses on this pool');
}

/**
 * Refuses a gateway that no machine can have, and auxiliary addresses that are given already. Throws invalid-argument, in Docker's
 * words.
 */
export function checkKeptAddresses(pool: AddressPool): void {
  const subnet = toSubnetOf(pool);
  const { first, last } = hostsIn(subnet);
  const kept = new Set<string>();
  const keep = (what: string, text: string): void => {
    const value = parseIpAddress(text)?.value ?? -1n;
    if (value < first || value > last || kept.has(text)) {
      throw new EngineError('invalid-argument', `failed to allocate ${what}: Address already in use`);
    }
    kept.add(text);
  };
  const { gateway, auxAddresses = {} } = pool;
  if (gateway !== undefined) keep(`gateway (${gateway})`, gateway);
  for (const [name, text] of Object.entries(auxAddresses)) keep(`secondary ip address (${name}:${text})`, text);
}

/** fe80::/64: every interface has an address of it. RFC 4291, 2.5.6 */
const LINK_LOCAL: Subnet = { version: 6, first: 0xfe80n << 112n, prefixLength: 64 };

/** Refuses what the bridge's own address cannot be of. Throws invalid-argument, in Docker's words. */
export function checkBridgePool(pool: AddressPool): void {
  const subnet = toSubnetOf(pool);
  const { version, prefixLength, first } = subnet;
  if (prefixLength === 0) throw new EngineError('invalid-argument', `ipv${version} pool is empty`);
  if (version === 4) return;
  const address = `'${pool.gateway ?? formatIpAddress({ version, value: first })}/${prefixLength}'`;
  if (first >> 120n === 0xffn) throw new EngineError('invalid-argument', `multicast subnet ${address} is not allowed`);
  if (doOverlap(subnet, LINK_LOCAL) && formatSubnet(subnet) !== formatSubnet(LINK_LOCAL)) {
    throw new EngineError('invalid-argument', `${address} clashes with the Link-Local prefix 'fe80::/64'`);
  }
}
