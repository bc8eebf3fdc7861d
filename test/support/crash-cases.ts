import type { StorageDriverName } from '../../src/engine/layers/drivers/storage-driver.js';

/** One row of docs/crashes.md: an operation on a state root of a storage driver, and which process is ended in it. */
export interface CrashCase {
  readonly operation: string;
  readonly storage: StorageDriverName;
  readonly killed: string;
}

/** Where it is at work beside the state root. */
export const AT_HOST_FOLDER = 'engine, in what all state roots share';

const IMAGES: Readonly<Record<string, readonly string[]>> = {
  load: ['engine', 'unpack'],
  import: ['engine', 'unpack'],
  commit: ['engine', 'walk', 'unpack'],
  pull: ['engine', 'unpack'],
  tag: ['engine'],
  rmi: ['engine', 'spawn'],
  'image prune': ['engine', 'spawn'],
};

const CONTAINERS: Readonly<Record<string, readonly string[]>> = {
  create: ['engine'],
  start: ['engine', 'monitor', 'first process'],
  stop: ['engine', 'monitor'],
  kill: ['engine', 'monitor'],
  restart: ['engine'],
  'restart by its policy': ['monitor', 'first process'],
  pause: ['engine'],
  unpause: ['engine'],
  update: ['engine', 'monitor'],
  rename: ['engine'],
  exec: ['engine', 'monitor', 'first process'],
  cp: ['engine', 'unpack'],
  rm: ['engine', 'spawn'],
  'rm -f': ['engine', 'monitor'],
  'container prune': ['engine'],
  'volume create': ['engine'],
  'volume rm': ['engine'],
  'volume prune': ['engine'],
  'volume import': ['engine', 'unpack'],
};

const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  'network create': ['engine', AT_HOST_FOLDER, 'spawn'],
  'network rm': ['engine', 'spawn'],
  'run in a network': ['engine', 'spawn'],
  'network connect': ['engine'],
  'network disconnect': ['engine'],
  'rm -f in a network': ['engine'],
  'stop in a network': ['monitor'],
};

/** With whole roots: what is copied and merged there is done by short roles, which the spawner starts. */
const WHOLE_ROOTS: Readonly<Record<string, readonly string[]>> = { load: ['unpack', 'spawn'], commit: ['engine'] };

/** Every case that is tried. A result of any other is refused, and docs/crashes.md has a row of each. */
export const CRASH_CASES: readonly CrashCase[] = [
  ...listCases('overlay2', { ...IMAGES, ...CONTAINERS, ...NETWORKS }),
  ...listCases('erofs', Object.fromEntries(Object.keys(IMAGES).map((operation) => [operation, ['engine']]))),
  ...listCases('btrfs', WHOLE_ROOTS),
  ...listCases('vfs', WHOLE_ROOTS),
];

function listCases(
  storage: StorageDriverName,
  table: Readonly<Record<string, readonly string[]>>,
): readonly CrashCase[] {
  return Object.entries(table).flatMap(([operation, victims]) =>
    victims.map((killed) => ({ operation, storage, killed })),
  );
}
