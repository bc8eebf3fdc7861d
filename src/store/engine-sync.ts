import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/engine.js';
import type { Container } from '../model/container.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { ContainerAction, EngineEvent } from '../model/events.js';
import type { ContainerId } from '../model/ids.js';
import { createCoalescer } from './coalescer.js';
import type { ContainersStore } from './containers-store.js';
import type { EventsStore } from './events-store.js';
import { readLayerUse } from './image-shares.js';
import type { ResourcesStore } from './resources-store.js';

const COALESCE_MS = 25;
const RETRY_MS = 1000;
const PARALLEL_READS = 8;
/** What happened so long before the screen was opened is shown too: as far as the graphs reach. */
const PAST_MS = 600_000;

export interface SyncedStores {
  readonly containers: ContainersStore;
  readonly resources: ResourcesStore;
  readonly events: EventsStore;
}

type Changed = ContainerId | 'images' | 'volumes' | 'networks';

export interface EngineSync {
  /** Resolves when the containers are in their store. Rejects as the engine does. */
  readonly listed: Promise<void>;
  /** Resolves when the first lists are in the stores. Rejects as the engine does. */
  readonly ready: Promise<void>;
  /** Reads everything anew. */
  reload(): Promise<void>;
}

export interface SyncOptions {
  readonly signal: AbortSignal;
  /**
   * All but the containers is read after that, and events are followed, from the time at which the containers were asked for. Absent:
   * nothing waits.
   */
  readonly firstPaint?: Promise<void>;
  now(): number;
}

/**
 * The one subscriber of the engine's events. An event says which object changed; each object that changed within 25 ms is read once.
 * Where the stream of events breaks, everything is read again and the stream reopened, once a second until it works.
 */
export function startEngineSync(
  engine: Engine,
  stores: SyncedStores,
  { signal, now, firstPaint = Promise.resolve() }: SyncOptions,
): EngineSync {
  const changes = createCoalescer<Changed>(COALESCE_MS, (keys) => readChanged(engine, stores, keys));
  signal.addEventListener('abort', () => changes.close(), { once: true });
  const startedAtMs = now();
  const listed = readAllContainers(engine, stores);
  const ready = listed.then(() => firstPaint).then(() => readOthers(engine, stores));
  void ready.then(
    () => follow(engine, stores, { signal, sinceMs: startedAtMs, changed: changes.add }),
    // The caller has the same rejection through `ready`.
    () => undefined,
  );
  return { listed, ready, reload: () => readAll(engine, stores) };
}

interface FollowOptions {
  readonly signal: AbortSignal;
  /** When the first lists were asked for. */
  readonly sinceMs: number;
  changed(key: Changed): void;
}

async function follow(engine: Engine, stores: SyncedStores, options: FollowOptions): Promise<void> {
  const { signal } = options;
  let { sinceMs } = options;
  await addPast(engine, stores, options);
  while (!signal.aborted) {
    try {
      for await (const event of engine.events({ sinceMs, signal })) {
        sinceMs = event.atMs + 1;
        stores.events.add(event);
        for (const key of changedBy(event)) options.changed(key);
      }
      if (signal.aborted) return;
      stores.resources.setState({ connectionError: 'the engine has ended its stream of events' });
    } catch (error) {
      if (signal.aborted) return;
      stores.resources.setState({ connectionError: messageOf(error) });
    }
    await recover(engine, stores, signal);
  }
}

/** Events whose outcome is in the first lists: shown, and nothing is read again for them. */
async function addPast(engine: Engine, { events }: SyncedStores, { sinceMs, signal }: FollowOptions): Promise<void> {
  try {
    const past = engine.events({ sinceMs: sinceMs - PAST_MS, untilMs: sinceMs - 1, signal });
    for await (const event of past) events.add(event);
  } catch {
    // The stream that is followed next says what is wrong with the engine.
  }
}

async function recover(engine: Engine, stores: SyncedStores, signal: AbortSignal): Promise<void> {
  try {
    await delay(RETRY_MS, undefined, { signal });
    await readAll(engine, stores);
    stores.resources.setState({ connectionError: undefined });
  } catch (error) {
    if (!signal.aborted) stores.resources.setState({ connectionError: messageOf(error) });
  }
}

/** Events after which the container is as before. */
const UNCHANGING: ReadonlySet<ContainerAction> = new Set<ContainerAction>([
  'exec_create',
  'exec_start',
  'exec_die',
  'exec_detach',
  'attach',
  'detach',
  'resize',
  'top',
  'export',
  'commit',
  'archive-path',
  'extract-to-dir',
]);

function changedBy(event: EngineEvent): readonly Changed[] {
  switch (event.type) {
    case 'container':
      return event.id === '' || UNCHANGING.has(event.action) ? [] : [event.id];
    case 'image':
      return ['images'];
    case 'volume':
      return event.action === 'create' || event.action === 'destroy' ? ['volumes'] : [];
    case 'network': {
      // What comes into a network, or goes, has other addresses.
      const { container } = event.attributes;
      return container === undefined ? ['networks'] : ['networks', container as ContainerId];
    }
    case 'daemon':
      return [];
  }
}

async function readAll(engine: Engine, stores: SyncedStores): Promise<void> {
  await Promise.all([readAllContainers(engine, stores), readOthers(engine, stores)]);
}

async function readAllContainers(engine: Engine, { containers }: SyncedStores): Promise<void> {
  containers.replaceAll(await engine.containers.list({ all: true }));
}

async function readOthers(engine: Engine, stores: SyncedStores): Promise<void> {
  await Promise.all([
    readImages(engine, stores),
    readVolumes(engine, stores),
    readNetworks(engine, stores),
    engine.system.info().then((info) => stores.resources.setState({ info })),
  ]);
}

async function readChanged(engine: Engine, stores: SyncedStores, keys: ReadonlySet<Changed>): Promise<void> {
  const ids: ContainerId[] = [];
  const reads: Promise<void>[] = [];
  for (const key of keys) {
    if (key === 'images') reads.push(readImages(engine, stores));
    else if (key === 'volumes') reads.push(readVolumes(engine, stores));
    else if (key === 'networks') reads.push(readNetworks(engine, stores));
    else ids.push(key);
  }
  reads.push(readContainers(engine, stores, ids));
  const results = await Promise.allSettled(reads);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) stores.resources.setState({ connectionError: messageOf(failed.reason) });
}

async function readContainers(engine: Engine, stores: SyncedStores, ids: readonly ContainerId[]): Promise<void> {
  if (ids.length === 0) return;
  const read = new Map<ContainerId, Container | undefined>();
  for (let i = 0; i < ids.length; i += PARALLEL_READS) {
    const batch = ids.slice(i, i + PARALLEL_READS);
    const containers = await Promise.all(batch.map((id) => readContainer(engine, id)));
    batch.forEach((id, index) => {
      read.set(id, containers[index]);
    });
  }
  stores.containers.merge(read);
}

async function readContainer(engine: Engine, id: ContainerId): Promise<Container | undefined> {
  try {
    return await engine.containers.inspect(id);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

async function readImages(engine: Engine, stores: SyncedStores): Promise<void> {
  const [images, embedded, layers] = await Promise.all([
    engine.images.list(),
    optional(engine.images.embedded()),
    engine.layers && optional(engine.layers.list()),
  ]);
  const layerUse = readLayerUse(images, layers);
  stores.resources.setState({ images, embedded: embedded ?? [], layerUse, areImagesLoaded: true });
}

async function readVolumes(engine: Engine, stores: SyncedStores): Promise<void> {
  const volumes = await optional(engine.volumes.list());
  stores.resources.setState({ volumes: volumes ?? [] });
}

async function readNetworks(engine: Engine, stores: SyncedStores): Promise<void> {
  const networks = await optional(engine.networks.list());
  stores.resources.setState({ networks: networks ?? [] });
}

/** What an engine does not offer is shown as absent, not as a failure of the whole screen. */
async function optional<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-implemented') return undefined;
    throw error;
  }
}
