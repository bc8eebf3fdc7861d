import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckOptions, CheckStep } from '../model/finding.js';
import type { FirewallBackend } from '../model/firewall-backend.js';
import type { ImageId } from '../model/ids.js';
import type { ServiceSettings } from '../model/service-settings.js';
import { systemClock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import { createFileLogger, type Logger } from '../platform/logger.js';
import { readBootId, readOwnIdentity } from '../platform/proc.js';
import { createProcessSpawner } from '../platform/process-spawner.js';
import type { CheckParts } from './check-state.js';
import { readContainerFiles } from './containers/container-layers.js';
import type { ContainerParts } from './containers/container-parts.js';
import { createContainerLifecycle } from './containers/container-service.js';
import { createContainerStore } from './containers/container-store.js';
import { createEnginePaths, makeEngineFolders } from './containers/engine-paths.js';
import { createContainerFileVerbs } from './containers/file-verbs.js';
import { createNamespaceService } from './containers/namespace-service.js';
import { createNetworkVerbs } from './containers/network-verbs.js';
import { createContainerObservation } from './containers/observe.js';
import { listVolumeUsers, openContainers } from './containers/open-containers.js';
import type { OpenNetworksOptions } from './containers/open-networks.js';
import { createVolumeVerbs } from './containers/volume-verbs.js';
import type { Engine } from './engine.js';
import { createEventBus } from './events/event-bus.js';
import { holdSettings } from './hold-settings.js';
import type { ImageParts } from './images/image-parts.js';
import { createImageService } from './images/image-service.js';
import { type ImageStoresOptions, openImageStores } from './images/image-stores.js';
import { createLayerService } from './images/layer-service.js';
import { sweepImages } from './images/sweep.js';
import type { CgroupDriver } from './isolation/cgroup/driver.js';
import { openCgroupDriver } from './isolation/cgroup/open-driver.js';
import { readHostFacts } from './isolation/host-facts.js';
import { probeHost } from './isolation/host-probe.js';
import { readRemapping } from './isolation/remapping.js';
import { readStorageStatus } from './layers/drivers/driver-status.js';
import { selectStorageDrivers } from './layers/drivers/select-drivers.js';
import { isDefaultNetworkIdle } from './networks/endpoint-rows.js';
import { createNetworkRoom, type NetworkRoom } from './networks/network-room.js';
import { openRegistryService } from './registry/client/open-registry-service.js';
import { openStateDatabase } from './state/state-database.js';
import { createSystemService } from './system.js';
import { createVolumeService } from './volumes/volume-service.js';
import { createVolumeStore } from './volumes/volume-store.js';

export interface LocalEngineOptions {
  /** Images, containers, volumes and the state database. */
  readonly root: string;
  /** What ends with the host: journals, sockets, locks. */
  readonly runRoot: string;
  /** Path of gantry-init. */
  readonly program: string;
  /** Below each hierarchy's base; engines with different roots must have different ones. */
  readonly cgroupParent: string;
  /** A user of /etc/subuid, or `FIRST[:COUNT]`: new containers are remapped unless they ask for the host's user namespace. */
  readonly usernsRemap?: string;
  /** Of the user whose credentials and proxies count: HOME, DOCKER_CONFIG, GANTRY_CONFIG, HTTP_PROXY and the like. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** As Docker's `--storage-driver`; absent: the one that the root was made with, or the first that works on it. */
  readonly storageDriver?: string;
  /** As `--firewall-backend`; absent: the first that the host has. It counts from the first network that comes up. */
  readonly firewallBackend?: FirewallBackend;
  /** What a service sets, until it reloads them; absent: what the files of the user say. */
  readonly service?: ServiceSettings;
  readonly cleanupCommand?: ContainerParts['cleanupCommand'];
  /**
   * The process ends after the close, and the kernel closes the database: its last user else writes all of the log back and syncs, which is
   * 16 ms of a command, and makes the next one begin a new log. What is in the log is as safe there.
   */
  readonly endsWithProcess?: boolean;
}

/** Opens the engine in this process: builds the rooms, joins them, and makes the state true. */
export async function openLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  const { root, runRoot, program, cleanupCommand } = options;
  const clock = systemClock;
  const paths = createEnginePaths(root, runRoot);
  makeEngineFolders(paths);
  const logger = createFileLogger(join(runRoot, 'engine.log'), clock.nowMs);
  const end = new AbortController();
  const database = openStateDatabase(root);
  const bus = createEventBus({ database, root, clock });
  const store = createContainerStore(database, bus);
  const spawner = createProcessSpawner(program, runRoot);
  const { systemParts, stores } = await openStores(options, { database, spawner, logger });
  const { layers, images } = stores;
  const volumes = createVolumeStore({
    ...{ database, events: bus, clock, root, runRoot },
    usersOf: (name) => listVolumeUsers(store, name),
  });
  const networks = makeNetworkRoom({ database, bus, clock, paths, spawner, store }, options);
  const findIdMaps = () => readRemapping(options.usernsRemap, (path) => readFileSync(path, 'utf8'));
  // What was asked for and cannot be is refused before anything runs without it.
  if (options.usernsRemap !== undefined) findIdMaps();
  const cgroups = openCgroupDriver({ parent: options.cgroupParent });
  const opened = await openContainers({
    ...{ database, bus, store, paths, clock, logger, volumes, networks, cgroups, images, layers, program, spawner },
    unpackImage: async (id) => (await import('./images/unpack-image.js')).unpackImage(stores, id),
    host: readHostFacts(),
    findIdMaps,
    isRemappedByDefault: options.usernsRemap !== undefined,
    owner: readOwnIdentity(),
    ...readBoot(),
    ...(cleanupCommand && { cleanupCommand }),
    end: end.signal,
  });
  volumes.removeStrays();
  const findUsers = (imageId: ImageId) => store.listImageUsers(imageId);
  const imageParts: ImageParts = { ...stores, clock, publish: bus.publish };
  sweep(imageParts, logger);
  const lifecycle = createContainerLifecycle(opened.parts);
  const files = createContainerFileVerbs({ ...lifecycle, store, layers, volumes, program, images: imageParts });
  const observation = createContainerObservation(opened.parts);
  return {
    containers: { ...lifecycle, ...observation, ...files },
    images: createImageService({ ...imageParts, root, findUsers }),
    networks: createNetworkVerbs(opened.parts),
    volumes: { ...createVolumeService(volumes, bus), ...createVolumeVerbs({ volumes, program, layers }) },
    registries: openRegistryService(stores.registries),
    namespaces: createNamespaceService(opened.parts),
    layers: createLayerService(stores, (ref) => readContainerFiles({ store, layers, program }, ref)),
    system: createSystemService({
      ...{ database, root, runRoot, cgroupVersion: cgroups.version, publish: bus.publish, ...systemParts },
      readCapabilities: async () => (await import('./host-report.js')).reportHost(root),
      measureDisk: () => opened.measureDisk({ layers, images }),
      check: (checkOptions) => check({ images: imageParts, containers: opened.parts, findUsers }, checkOptions),
    }),
    events: opened.events,
    close: async () => {
      end.abort();
      observation.close();
      await opened.close();
      await layers.close();
      await closeNetworks(database, networks, logger);
      spawner.close();
      removeCgroupParent(cgroups, logger);
      bus.close();
      if (options.endsWithProcess !== true) database.close();
    },
  };
}

function makeNetworkRoom(parts: OpenNetworksOptions, { firewallBackend }: LocalEngineOptions): NetworkRoom {
  const options = { ...parts, ...(firewallBackend && { firewallBackend }) };
  return createNetworkRoom(async () => (await import('./containers/open-networks.js')).openNetworks(options));
}

function readBoot(): Pick<ContainerParts, 'bootId'> {
  const bootId = readBootId();
  return bootId === undefined ? {} : { bootId };
}

/** Where no container has it, nothing of the default network stays on the host. It is made again at the next need. */
async function closeNetworks(database: Database, networks: NetworkRoom, logger: Logger): Promise<void> {
  if (!isDefaultNetworkIdle(database)) return;
  try {
    const { takeDownDefault } = await import('./containers/open-networks.js');
    await takeDownDefault(await networks.open());
  } catch (error) {
    logger.warn('cannot take down the default network', error);
  }
}

/** What is damaged is for `system check`, which needs an engine that opens. */
function sweep(parts: ImageParts, logger: Logger): void {
  try {
    sweepImages(parts);
  } catch (error) {
    logger.warn('cannot sweep the images', error);
  }
}

/** What images are kept in, on the storage driver of the root. */
async function openStores(
  { root, program, env = {}, storageDriver: wanted, usernsRemap, service }: LocalEngineOptions,
  given: Pick<ImageStoresOptions, 'database' | 'spawner' | 'logger'>,
) {
  const drivers = await selectStorageDrivers({
    ...{ ...given, root, program, probe: probeHost() },
    ...(wanted && { wanted }),
  });
  const [first] = drivers;
  const settings = holdSettings(service, { env, usernsRemap });
  const { chooseRegistries } = settings;
  const stores = openImageStores({ ...given, root, program, drivers, chooseRegistries, env });
  return {
    systemParts: {
      readStorage: async () => ({
        storageDriver: first.name,
        storageStatus: await readStorageStatus(first, { root, program }),
      }),
      ...settings.partsFor(stores.registries),
    },
    stores,
  };
}

/** Loaded when it is asked for: other commands start without it. */
async function* check(parts: CheckParts, options?: CheckOptions): AsyncGenerator<CheckStep> {
  const { checkState } = await import('./check-state.js');
  yield* checkState(parts, options);
}

/** Another engine's container may be in it: then it stays. */
function removeCgroupParent(cgroups: CgroupDriver, logger: Logger): void {
  try {
    cgroups.removeParent();
  } catch (error) {
    logger.warn('cannot remove the cgroup parent', error);
  }
}
