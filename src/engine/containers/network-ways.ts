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
