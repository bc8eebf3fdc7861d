import type { Place } from './endpoints.js';

/** Docker's order of a container's networks: those with a way out, the greatest priority, the first by name. */
export function compareWays(one: Place, other: Place): number {
  const priority = ({ endpoint }: Place): number => endpoint.attachment.gatewayPriority ?? 0;
  return (
    Number(one.network.internal) - Number(other.network.internal) ||
    priority(other) - priority(one) ||
    (one.network.name < other.network.name ? -1 : 1)
  );
}

/** The place whose gateway is the way to all others. */
export function findWay<P extends Place>(places: readonly P[], family: 4 | 6): P | undefined {
  return places
    .filter(({ endpoint, network }) => !network.internal && gatewayOf(endpoint, family) !== undefined)
    .toSorted(compareWays)[0];
}

function gatewayOf({ gateway, ip6Gateway }: Place['endpoint'], family: 4 | 6): string | undefined {
  return family === 4 ? gateway : ip6Gateway;
}

/** What a port at an address of the host is for. */
export interface Served {
  /** Of the container, of the same family where it has one. */
  readonly address: string;
  /** Others reach it there themselves, and no port of the host leads to it. */
  readonly isRouted: boolean;
}

/** Undefined where no place has a way out. */
export function findServed(places: readonly Place[], hostIp: string): Served | undefined {
  const way6 = hostIp.includes(':') ? findWay(places, 6) : undefined;
  const way = way6 ?? findWay(places, 4);
  if (way === undefined) return undefined;
  const { ipAddress = '', ip6Address = '', routed = [] } = way.endpoint;
  const family = way === way6 ? 6 : 4;
  return { address: family === 6 ? ip6Address : ipAddress, isRouted: routed.includes(family) };
}
