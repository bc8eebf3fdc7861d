import { EngineError } from './errors.js';
import { doOverlap, hasAddress, parseCidr, parseIpAddress, type Subnet } from './ip-address.js';
import type { AddressPool } from './network.js';
import { splitPair } from './run-environment.js';

/** Of the flags of `network create`, as they were typed. */
export interface AskedPools {
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly ranges: readonly string[];
  /** `NAME=ADDRESS`. */
  readonly auxAddresses: readonly string[];
}

/**
 * Each subnet with the gateway, the range and the auxiliary addresses that are in it. Throws invalid-argument in the words of
 * Docker's client for what is in none.
 */
export function pairPools({ subnets, gateways, ranges, auxAddresses }: AskedPools): readonly Partial<AddressPool>[] {
  if (ranges.length > subnets.length || gateways.length > subnets.length) {
    throw refuse('every ip-range or gateway must have a corresponding subnet');
  }
  refuseOverlap(subnets);
  const pools = subnets.map((subnet): Draft => ({ subnet, auxAddresses: {} }));
  for (const range of ranges) addRange(pools, range);
  for (const gateway of gateways) addGateway(pools, gateway);
  for (const text of auxAddresses) addAuxAddress(pools, text);
  return pools.map(({ auxAddresses: named, ...pool }) =>
    Object.keys(named).length === 0 ? pool : { ...pool, auxAddresses: named },
  );
}

interface Draft {
  readonly subnet: string;
  ipRange?: string;
  gateway?: string;
  readonly auxAddresses: Record<string, string>;
}

/** One alone is the engine's to refuse. */
function refuseOverlap(subnets: readonly string[]): void {
  const parsed = subnets.length > 1 ? subnets.map(readSubnet) : [];
  if (parsed.some((one, index) => parsed.slice(0, index).some((other) => doOverlap(one, other)))) {
    throw refuse('multiple overlapping subnet configuration is not supported');
  }
}

function addRange(pools: readonly Draft[], text: string): void {
  const range = parseCidr(text);
  if (range === undefined) throw refuse(`invalid CIDR address: ${text}`);
  const pool = findPool(pools, text.split('/')[0] ?? '');
  if (pool === undefined) throw refuse(`no matching subnet for range ${text}`);
  if (pool.ipRange !== undefined) {
    throw refuse(`cannot configure multiple ranges (${text}, ${pool.ipRange}) on the same subnet (${pool.subnet})`);
  }
  pool.ipRange = text;
}

function addGateway(pools: readonly Draft[], text: string): void {
  const pool = findPool(pools, text);
  if (pool === undefined) throw refuse(`no matching subnet for gateway ${text}`);
  if (pool.gateway !== undefined) {
    throw refuse(`cannot configure multiple gateways (${text}, ${pool.gateway}) for the same subnet (${pool.subnet})`);
  }
  pool.gateway = text;
}

function addAuxAddress(pools: readonly Draft[], text: string): void {
  const [name, address = ''] = splitPair(text);
  const pool = findPool(pools, address);
  if (pool === undefined) throw refuse(`no matching subnet for aux-address ${address}`.trimEnd());
  pool.auxAddresses[name] = address;
}

function readSubnet(text: string): Subnet {
  const subnet = parseCidr(text)?.subnet;
  if (subnet === undefined) throw refuse(`invalid subnet: invalid CIDR address: ${text}`);
  return subnet;
}

function findPool(pools: readonly Draft[], text: string): Draft | undefined {
  const address = parseIpAddress(text);
  return pools.find((pool) => {
    const subnet = readSubnet(pool.subnet);
    return address !== undefined && hasAddress(subnet, address);
  });
}

function refuse(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
