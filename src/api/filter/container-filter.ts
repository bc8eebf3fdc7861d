import type { Container } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { Image } from '../../model/image.js';
import { type Filters, matchesAny, matchesLabels, matchesPattern } from './filters.js';

/** The filters of `ps`. */
export const CONTAINER_FILTERS: readonly string[] = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];

const STATUSES: readonly string[] = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];
const HEALTHS: readonly string[] = ['none', 'starting', 'healthy', 'unhealthy'];

export interface FilterSources {
  readonly containers: readonly Container[];
  readonly images: readonly Image[];
}

/** The containers that fit. Throws invalid-argument for a value that cannot be, not-found for one of before and since. */
export function filterContainers(filters: Filters, sources: FilterSources): readonly Container[] {
  checkWords(filters, 'status', STATUSES);
  checkWords(filters, 'health', HEALTHS);
  const exitCodes = filters.get('exited')?.map(parseCode);
  const before = findReference(filters, 'before', sources.containers);
  const since = findReference(filters, 'since', sources.containers);
  return sources.containers.filter(
    (container) =>
      (before === undefined || container.createdAtMs < before.createdAtMs) &&
      (since === undefined || container.createdAtMs > since.createdAtMs) &&
      matchesLabels(filters, container.config.labels ?? {}) &&
      matchesIdentity(filters, container) &&
      matchesState(filters, container) &&
      (exitCodes === undefined || hasExitedWith(container, exitCodes)) &&
      matchesConnections(filters, container) &&
      matchesAny(filters, 'ancestor', (name) => isAncestor(name, container, sources.images)),
  );
}

/** True where a filter asks for containers that do not run: `ps` then looks at all. */
export function asksForStopped(filters: Filters): boolean {
  return ['status', 'exited', 'before', 'since'].some((name) => filters.has(name));
}

function checkWords(filters: Filters, name: string, words: readonly string[]): void {
  for (const value of filters.get(name) ?? []) {
    if (!words.includes(value)) {
      throw new EngineError('invalid-argument', `invalid filter '${name}=${value}'`);
    }
  }
}

function findReference(filters: Filters, name: string, containers: readonly Container[]): Container | undefined {
  const ref = filters.get(name)?.at(-1);
  if (ref === undefined) {
    return undefined;
  }
  const found = containers.find((container) => container.name === ref || container.id.startsWith(ref));
  if (found === undefined) {
    throw new EngineError('not-found', `No such container: ${ref}`);
  }
  return found;
}

function matchesIdentity(filters: Filters, { id, name }: Container): boolean {
  return (
    matchesAny(filters, 'id', (value) => id.startsWith(value)) &&
    matchesAny(filters, 'name', (value) => matchesPattern(value, name) || matchesPattern(value, `/${name}`))
  );
}

function matchesState(filters: Filters, { state }: Container): boolean {
  const health = state.status === 'running' || state.status === 'paused' ? (state.health?.status ?? 'none') : 'none';
  return (
    matchesAny(filters, 'status', (value) => value === state.status) &&
    matchesAny(filters, 'health', (value) => value === health)
  );
}

function hasExitedWith({ state }: Container, codes: readonly number[]): boolean {
  return state.status === 'exited' && codes.includes(state.exitCode);
}

function parseCode(value: string): number {
  if (!/^\d+$/.test(value)) {
    throw new EngineError('invalid-argument', `invalid filter 'exited=${value}'`);
  }
  return Number(value);
}

function matchesConnections(filters: Filters, { config, networks }: Container): boolean {
  const mounts = config.mounts ?? [];
  const hasPort = (value: string) =>
    (config.ports ?? []).some(({ containerPort, protocol }) =>
      [String(containerPort), `${containerPort}/${protocol}`].includes(value),
    );
  return (
    matchesAny(filters, 'network', (value) =>
      networks.some(({ networkName, networkId }) => networkName === value || networkId.startsWith(value)),
    ) &&
    matchesAny(filters, 'volume', (value) =>
      mounts.some((mount) => mount.target === value || (mount.type !== 'tmpfs' && mount.source === value)),
    ) &&
    matchesAny(filters, 'publish', hasPort) &&
    matchesAny(filters, 'expose', hasPort)
  );
}

/** By the name it was made with, by the image's names and id, or by an image whose layers are below it. */
function isAncestor(name: string, container: Container, images: readonly Image[]): boolean {
  const tagged = /:[^/]*$/.test(name) ? name : `${name}:latest`;
  const ancestor = images.find(
    ({ id, repoTags }) =>
      repoTags.includes(tagged) || id === name || (/^[0-9a-f]{4,}$/.test(name) && id.startsWith(`sha256:${name}`)),
  );
  if (ancestor === undefined) {
    return container.config.image === name;
  }
  const own = images.find(({ id }) => id === container.imageId);
  return (
    container.imageId === ancestor.id ||
    (own !== undefined && ancestor.layers.every((layer, index) => own.layers[index] === layer))
  );
}
