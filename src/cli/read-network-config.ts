import { EngineError } from '../model/errors.js';
import type { Flags } from '../model/flags.js';
import { doOverlap, hasAddress, parseCidr, parseIpAddress, type Subnet } from '../model/ip-address.js';
import type { AddressPool, NetworkConfig } from '../model/network.js';
import { omitUndefined } from '../model/omit-undefined.js';
import { parseLabels, splitPair } from '../model/run-environment.js';
import { readLists } from './read-lists.js';

/** The operand and the flags of `network create`. Throws in the words of Docker's client for what goes with nothing. */
export function readNetworkConfig(name: string, flags: Flags): NetworkConfig {
  const pools = parsePools(flags);
  return omitUndefined({
    name,
    driver: flags.text('driver'),
    pools: pools.length === 0 ? undefined : pools,
    enableIpv4: flags.has('ipv4') ? flags.isSet('ipv4') : undefined,
    enableIpv6: flags.has('ipv6') ? flags.isSet('ipv6') : undefined,
    internal: flags.isSet('internal'),
    attachable: flags.isSet('attachable'),
    scope: flags.text('scope'),
    options: toRecord(flags.list('opt')),
    ipamDriver: flags.text('ipam-driver'),
    ipamOptions: toRecord(flags.list('ipam-opt')),
    labels: parseLabels(flags, new Map()),
  });
}

/**
 * Each `--subnet` with the gateway, the range and the auxiliary addresses that are in it. Throws in the words of Docker's client for
 * what is in none.
 */
function parsePools(flags: Flags): readonly Partial<AddressPool>[] {
  const subnets = readLists(flags, 'subnet');
  const gateways = readLists(flags, 'gateway');
  const ranges = readLists(flags, 'ip-range');
  if (ranges.length > subnets.length || gateways.length > subnets.length) {
    throw refuse('every ip-range or gateway must have a corresponding subnet');
  }
  refuseOverlap(subnets);
  const pools = subnets.map((subnet): Draft => ({ subnet, auxAddresses: {} }));
  for (const range of ranges) addRange(pools, range);
  for (const gateway of gateways) addGateway(pools, gateway);
  for (const text of flags.list('aux-address')) addAuxAddress(pools, text);
  return pools.map(({ auxAddresses, ...pool }) =>
    Object.keys(auxAddresses).length === 0 ? pool : { ...pool, auxAddresses },
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

/** A word without `=` has an empty value, as with Docker. */
function toRecord(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value = ''] = splitPair(text);
      return [name, value];
    }),
  );
}

function refuse(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
