import { EngineError } from '../../model/errors.js';
import { doOverlap, lastOf, parseCidr, type Subnet, sizeOf } from '../../model/ip-address.js';
import type { AddressPool } from '../../model/network.js';

/** Docker's: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 in parts of 4 096 addresses. */
const DEFAULT_POOLS: readonly { readonly base: string; readonly count: number; readonly prefixLength: number }[] = [
  { base: '172.17.0.0/16', count: 15, prefixLength: 16 },
  { base: '192.168.0.0/16', count: 16, prefixLength: 20 },
];

/** The first default pool that overlaps nothing of `taken`. Throws invalid-argument, as Docker does and in its words. */
export function findFreePool(taken: readonly Subnet[]): Subnet {
  for (const { base, count, prefixLength } of DEFAULT_POOLS) {
    const { first } = readSubnet(base);
    for (let index = 0; index < count; index++) {
      const size = sizeOf({ version: 4, first, prefixLength });
      const pool: Subnet = { version: 4, first: first + size * BigInt(index), prefixLength };
      if (!taken.some((other) => doOverlap(pool, other))) return pool;
    }
  }
  throw new EngineError('invalid-argument', 'all predefined address pools have been fully subnetted');
}

/** A /64 of unique local addresses: RFC 4193 with the 40 bits of `seed`, 10 hex digits, as its global id. */
export function makeLocalPool(seed: string): Subnet {
  return { version: 6, first: ((0xfdn << 40n) | BigInt(`0x${seed}`)) << 80n, prefixLength: 64 };
}

/** Refuses pools of which an address is another network's. Throws permission-denied, in Docker's words. */
export function refuseOverlap(pools: readonly Subnet[], taken: readonly Subnet[]): void {
  if (pools.some((pool) => taken.some((other) => doOverlap(pool, other)))) throw overlap();
}

/**
 * Refuses pools that hold all of what the host reaches in another way, which it would not reach any more. A part of that is the user's to
 * take: the kernel prefers the longer prefix. Throws permission-denied, in Docker's words, who takes both.
 */
export function refuseHostRoutes(pools: readonly Subnet[], routes: readonly Subnet[]): void {
  const holds = (pool: Subnet, route: Subnet) => doOverlap(pool, route) && pool.prefixLength <= route.prefixLength;
  if (pools.some((pool) => routes.some((route) => holds(pool, route)))) throw overlap();
}

function overlap(): EngineError {
  const message = 'invalid pool request: Pool overlaps with other one on this address space';
  return new EngineError('permission-denied', message);
}

/** Of a pool that has been checked, or that the state database holds. */
export function toSubnetOf({ subnet }: Pick<AddressPool, 'subnet'>): Subnet {
  return readSubnet(subnet);
}

/** The first and the last address that a machine can have: of the pool's range, or of its whole subnet. */
export function hostsOf(pool: Pick<AddressPool, 'subnet' | 'ipRange'>): {
  readonly first: bigint;
  readonly last: bigint;
} {
  const subnet = toSubnetOf(pool);
  const range = pool.ipRange === undefined ? subnet : readSubnet(pool.ipRange);
  const whole = hostsIn(subnet);
  return { first: larger(range.first, whole.first), last: smaller(lastOf(range), whole.last) };
}

/**
 * The first address is the network's own: RFC 1812, 4.2.2.11; in IPv6 that of all its routers: RFC 4291, 2.6.1. The last one of IPv4 is
 * for broadcasts. A link of two machines has neither: RFC 3021.
 */
export function hostsIn(subnet: Subnet): { readonly first: bigint; readonly last: bigint } {
  if (subnet.version === 4 && subnet.prefixLength >= 31) return { first: subnet.first, last: lastOf(subnet) };
  return { first: subnet.first + 1n, last: subnet.version === 4 ? lastOf(subnet) - 1n : lastOf(subnet) };
}

function readSubnet(text: string): Subnet {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new EngineError('internal', `the state database holds a subnet that is none: ${text}`);
  return cidr.subnet;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
