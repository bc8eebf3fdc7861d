import type { Container } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { type Filters, matchesAny, matchesLabels, matchesPattern } from './filters.js';

/** The filters of `network ls`. */
export const NETWORK_FILTERS: readonly string[] = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

const TYPES: readonly string[] = ['builtin', 'custom'];

/**
 * The networks that fit; `listUsed` gives the ids of those that a container has, and is asked only where that matters. Throws
 * invalid-argument for a value that cannot be.
 */
export async function filterNetworks<T extends Network>(
  filters: Filters,
  networks: readonly T[],
  listUsed: () => Promise<ReadonlySet<string>>,
): Promise<readonly T[]> {
  checkNetworkFilters(filters);
  const dangling = parseDangling(filters.get('dangling'));
  const used = dangling === undefined ? new Set<string>() : await listUsed();
  return networks.filter(
    (network) =>
      (dangling === undefined || dangling === !(used.has(network.id) || typeOf(network) === 'builtin')) &&
      matchesLabels(filters, network.labels) &&
      matchesAny(filters, 'name', (value) => matchesPattern(value, network.name)) &&
      matchesAny(filters, 'id', (value) => matchesPattern(value, network.id)) &&
      matchesAny(filters, 'driver', (value) => value === networkDriverName(network)) &&
      matchesAny(filters, 'scope', (value) => value === 'local') &&
      matchesAny(filters, 'type', (value) => value === typeOf(network)),
  );
}

/** Throws invalid-argument in Docker's words. */
export function checkNetworkFilters(filters: Filters): void {
  const type = filters.get('type')?.find((value) => !TYPES.includes(value));
  if (type !== undefined) throw new EngineError('invalid-argument', `invalid filter: 'type'='${type}'`);
  parseDangling(filters.get('dangling'));
}

/** Ids of the networks that one of the containers is in. */
export function listNetworkIds(containers: readonly Pick<Container, 'networks'>[]): ReadonlySet<string> {
  return new Set(containers.flatMap(({ networks }) => networks.map(({ networkId }) => networkId)));
}

/** The driver as Docker names it. */
export function networkDriverName({ driver }: Pick<Network, 'driver'>): string {
  return driver === 'none' ? 'null' : driver;
}

function typeOf({ name }: Network): string {
  return isPredefinedName(name) ? 'builtin' : 'custom';
}

/** `dangling=true`: those that no container has. */
function parseDangling(values: readonly string[] | undefined): boolean | undefined {
  const [value, ...more] = values ?? [];
  if (value === undefined) return undefined;
  if (more.length > 0) throw new EngineError('invalid-argument', 'got more than one value for filter key "dangling"');
  if (!['true', '1', 'false', '0'].includes(value)) {
    const message = 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")';
    throw new EngineError('invalid-argument', message);
  }
  return value === 'true' || value === '1';
}
