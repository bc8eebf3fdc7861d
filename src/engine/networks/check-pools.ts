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
import { hostsOf, toSubnetOf } from './address-pools.js';

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
    throw new EngineError('invalid-argument', `invalid network config:\n${problems.join('\n')}`);
  }
  refuseSecondSubnet(checked);
  return checked;
}

function checkPool(pool: Partial<AddressPool>, subnet: Subnet, problems: string[]): AddressPool {
  const { ipRange, gateway, auxAddresses } = pool;
  const note = (what: string, text: string, problem: string | undefined): void => {
    if (problem !== undefined) problems.push(`invalid ${what} ${text}: ${problem}`);
  };
  if (ipRange !== undefined) note('ip-range', ipRange, findRangeProblem(ipRange, subnet));
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

function findRangeProblem(text: string, subnet: Subnet): string | undefined {
  const range = parseCidr(text);
  if (range === undefined) return 'invalid CIDR block notation';
  if (range.address.version !== subnet.version) return describeVersion(subnet);
  if (range.subnet.prefixLength < subnet.prefixLength) {
    return `CIDR block is bigger than its parent subnet ${formatSubnet(subnet)}`;
  }
  if (range.address.value !== range.subnet.first) return `it should be ${formatSubnet(range.subnet)}`;
  return doOverlap(range.subnet, subnet) ? undefined : `parent subnet ${formatSubnet(subnet)} doesn't contain ip-range`;
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

/** The address of the host where none is asked for: the first of the range that a machine can have. Throws where there is none. */
export function selectGateway(pool: AddressPool): IpAddress {
  const { version } = toSubnetOf(pool);
  const { first, last } = hostsOf(pool);
  const kept = new Set(Object.values(pool.auxAddresses ?? {}));
  for (let value = first; value <= last; value++) {
    if (!kept.has(formatIpAddress({ version, value }))) return { version, value };
  }
  throw new EngineError('invalid-argument', 'failed to allocate gateway (): No available addresses on this pool');
}
