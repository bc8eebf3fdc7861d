import type {
  Engine,
  EngineInfo,
  EngineVersion,
  EventOptions,
  HostPressure,
  LayerService,
  NamespaceService,
} from '../../src/engine/engine.js';
import { createLayerFiles } from '../../src/engine/layers/file-index/layer-files.js';
import type { Container } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { EngineEvent } from '../../src/model/events.js';
import type { HostCapability } from '../../src/model/host-capability.js';
import type { VolumeName } from '../../src/model/ids.js';
import type { Image } from '../../src/model/image.js';
import type { Volume } from '../../src/model/volume.js';
import { AsyncQueue } from './async-queue.js';
import { FakeContainers } from './fake-containers.js';
import { digestOf, FakeImages, makeFakeImage, streamOf } from './fake-images.js';
import { makeFakeLayers } from './fake-layers.js';
import { FakeNetworks } from './fake-networks.js';
import { FakeRegistries } from './fake-registries.js';
import { makeIndex } from './layer-index.js';
import { makeTar, type TestEntry } from './tar-fixtures.js';

export interface FakeEngineOptions {
  /** The wall clock; the real one when absent. */
  readonly nowMs?: () => number;
  /** One `busybox:latest` when absent. */
  readonly images?: readonly Image[];
  /** What waits on the host; absent: it does not tell. */
  readonly hostPressure?: HostPressure;
}

/**
 * An Engine in memory, for tests of what is above it: containers with states, logs, stats that move, and events. A
 * container's program is one of fake-programs.ts; any other name runs until a signal ends it.
 */
export class FakeEngine implements Engine {
  readonly containers: FakeContainers;
  readonly images: FakeImages;
  readonly networks: FakeNetworks;
  readonly volumes: Engine['volumes'];
  readonly system: Engine['system'];
  readonly #hostPressure: HostPressure | undefined;
  readonly namespaces: NamespaceService;
  readonly layers: LayerService;
  readonly registries = new FakeRegistries();
  /** Every event so far, oldest first. */
  readonly journal: EngineEvent[] = [];
  capabilities: readonly HostCapability[] = [
    { name: 'namespace pid', status: 'available', detail: 'clone3', required: true },
    { name: 'btrfs', status: 'missing', detail: 'not in /proc/filesystems', cost: 'no btrfs driver', required: false },
  ];
  closed = false;
  readonly #followers = new Set<AsyncQueue<EngineEvent>>();
  readonly #nowMs: () => number;

  constructor(options: FakeEngineOptions = {}) {
    this.#nowMs = options.nowMs ?? Date.now;
    const images = new Map((options.images ?? [makeFakeImage(['busybox:latest'])]).map((image) => [image.id, image]));
    this.containers = new FakeContainers({
      images,
      nowMs: this.#nowMs,
      emit: (action, container, attributes = {}) => {
        if (['create', 'start', 'die'].includes(action)) this.networks.place(container.id);
        this.emit({
          type: 'container',
          action,
          id: container.id,
          atMs: this.#nowMs(),
          attributes: {
            image: container.config.image,
            name: container.name,
            ...container.config.labels,
            ...attributes,
          },
        });
      },
    });
    this.images = new FakeImages({
      images,
      nowMs: this.#nowMs,
      emit: (action, image, name) =>
        this.emit({ type: 'image', action, id: image.id, atMs: this.#nowMs(), attributes: { name } }),
    });
    this.networks = new FakeNetworks({
      containers: this.containers,
      nowMs: this.#nowMs,
      emit: (action, { id, name, driver }, attributes = {}) =>
        this.emit({
          ...({ type: 'network', action, id, atMs: this.#nowMs() } as Extract<EngineEvent, { type: 'network' }>),
          attributes: { name, type: driver, ...attributes },
        }),
    });
    this.volumes = makeVolumes(this.#nowMs, (action, id) =>
      this.emit({ type: 'volume', action, id, atMs: this.#nowMs(), attributes: { driver: 'local' } }),
    );
    this.#hostPressure = options.hostPressure;
    this.system = this.#makeSystem();
    this.namespaces = makeNamespaces(this.containers);
    this.layers = makeFakeLayers(images, this.containers);
  }

  /** A container that exists before the test begins; `start` runs it. */
  async add(config: Partial<ContainerConfig> = {}, start = true): Promise<Container> {
    const { id } = await this.containers.create({ image: 'busybox', command: ['sleep', '1000'], ...config });
    if (start) {
      await this.containers.start(id);
    }
    return this.containers.inspect(id);
  }

  /** How many read `events` at the moment. */
  get followers(): number {
    return this.#followers.size;
  }

  emit(event: EngineEvent): void {
    this.journal.push(event);
    for (const follower of this.#followers) {
      follower.push(event);
    }
  }

  async *events(options: EventOptions = {}): AsyncGenerator<EngineEvent> {
    const queue = new AsyncQueue<EngineEvent>();
    this.#followers.add(queue);
    const { sinceMs, untilMs, signal } = options;
    const end = () => queue.end();
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) {
      end();
    }
    const timer = untilMs === undefined ? undefined : setTimeout(end, Math.max(0, untilMs - this.#nowMs()));
    try {
      if (sinceMs !== undefined) {
        yield* this.journal.filter(({ atMs }) => atMs >= sinceMs && atMs <= (untilMs ?? atMs));
      }
      yield* queue;
    } finally {
      clearTimeout(timer);
      this.#followers.delete(queue);
    }
  }

  close(): Promise<void> {
    this.closed = true;
    for (const follower of this.#followers) {
      follower.end();
    }
    return Promise.resolve();
  }

  #makeSystem(): Engine['system'] {
    return {
      ping: () => Promise.resolve(),
      version: () => Promise.resolve(VERSION),
      info: () => Promise.resolve(INFO),
      ...(this.#hostPressure && { pressure: () => Promise.resolve(this.#hostPressure) }),
      diskUsage: async () => ({
        ...{ imagesBytes: 4_270_000, containersBytes: 100, volumesBytes: 0 },
        reclaimable: { imagesBytes: 1_000_000, containersBytes: 40, volumesBytes: 0 },
        sharedBytesOf: new Map((await this.images.list()).map(({ id }) => [id, 1_000])),
        containerBytesOf: new Map((await this.containers.list({ all: true })).map(({ id }) => [id, 50])),
        volumeBytesOf: new Map((await this.volumes.list()).map(({ name }) => [name, 2_000])),
      }),
      capabilities: () => Promise.resolve(this.capabilities),
    };
  }
}

const VERSION: EngineVersion = {
  version: '0.1.0',
  apiVersion: '1.51',
  minApiVersion: '1.41',
  os: 'linux',
  arch: 'amd64',
  kernel: '6.18.0',
};

const INFO: EngineInfo = {
  id: 'fake',
  name: 'fake-host',
  rootDir: '/var/lib/gantry',
  runRootDir: '/run/gantry',
  cpus: 2,
  memoryBytes: 8 * 1024 ** 3,
  cgroupVersion: 2,
  storageDriver: 'overlay2',
  storageStatus: [['Backing Filesystem', 'extfs']],
  rootless: false,
  operatingSystem: 'Fake Linux',
};

/** What is in every volume. */
const VOLUME_FILES: readonly TestEntry[] = [
  { kind: 'directory', path: 'base', mode: 0o700, uid: 999, gid: 999 },
  { path: 'base/1259', mode: 0o600, uid: 999, gid: 999, content: 'r'.repeat(1_800) },
  { path: 'postgresql.conf', mode: 0o640, uid: 999, gid: 999, content: 'port = 5432\n' },
  { kind: 'symlink', path: 'wal', mode: 0o777, target: '/elsewhere/wal' },
];

function makeVolumes(
  nowMs: () => number,
  emit: (action: 'create' | 'destroy', id: VolumeName) => void,
): Engine['volumes'] {
  const volumes = new Map<string, Volume>();
  const find = (name: string): Volume => {
    const found = volumes.get(name);
    if (found === undefined) {
      throw new EngineError('not-found', `get ${name}: no such volume`);
    }
    return found;
  };
  return {
    list: () => Promise.resolve([...volumes.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))),
    readSizes: (names) => Promise.resolve(new Map(names.map((name) => [name, 2_048]))),
    files: async (name) => await Promise.resolve(find(name) && createLayerFiles([makeIndex(VOLUME_FILES)])),
    readArchive: async (name, path) => {
      const entry = VOLUME_FILES.find((each) => find(name) && `/${each.path}` === path);
      if (entry === undefined) throw new EngineError('not-found', `no such file or directory: ${path}`);
      return await Promise.resolve(streamOf(makeTar([{ ...entry, path: path.slice(path.lastIndexOf('/') + 1) }])));
    },
    inspect: async (name) => await Promise.resolve(find(name)),
    create: (config) => {
      const name = (config.name || digestOf(`volume ${volumes.size}`).slice('sha256:'.length)) as VolumeName;
      const made: Volume = volumes.get(name) ?? {
        name,
        driver: 'local',
        mountpoint: `/var/lib/gantry/volumes/${name}/_data`,
        createdAtMs: nowMs(),
        labels: config.labels ?? {},
        ...(config.options && Object.keys(config.options).length > 0 ? { options: config.options } : {}),
      };
      volumes.set(name, made);
      emit('create', name);
      return Promise.resolve(made);
    },
    remove: async (name, options = {}) => {
      await Promise.resolve(options.force === true || find(name));
      volumes.delete(name);
      emit('destroy', name);
    },
    prune: ({ preview = false } = {}) => {
      const removed = [...volumes.keys()];
      if (!preview) volumes.clear();
      return Promise.resolve({ removed, reclaimedBytes: 0 });
    },
  };
}

function makeNamespaces(containers: FakeContainers): NamespaceService {
  return {
    list: async () => {
      const running = await containers.list();
      const own = running.flatMap((container, index) =>
        container.state.status === 'running'
          ? (['pid', 'net', 'mnt', 'uts', 'ipc'] as const).map((type, place) => ({
              type,
              inode: 4_026_532_000 + index * 10 + place,
              host: false,
              pids: container.state.status === 'running' ? [container.state.init.pid] : [],
              containerIds: [container.id],
            }))
          : [],
      );
      return [{ type: 'pid' as const, inode: 4_026_531_836, host: true, pids: [1], containerIds: [] }, ...own];
    },
    security: async (ref) => {
      await containers.top(ref);
      const names = ['CHOWN', 'DAC_OVERRIDE', 'KILL', 'NET_BIND_SERVICE'];
      return {
        uid: 0,
        gid: 0,
        capabilities: { effective: names, permitted: names, inheritable: [], bounding: names, ambient: [] },
        seccomp: 'filter',
        seccompFilters: 1,
        noNewPrivileges: false,
        uidMap: [{ insideId: 0, outsideId: 0, count: 4_294_967_295 }],
        gidMap: [{ insideId: 0, outsideId: 0, count: 4_294_967_295 }],
      };
    },
    surroundings: async (ref) => {
      await containers.top(ref);
      const mount = (target: string, fileSystem: string, isReadOnly: boolean, root = '/') =>
        ({ target, fileSystem, source: fileSystem, root, isReadOnly }) as const;
      return {
        interfaces: [
          { name: 'lo', addresses: ['127.0.0.1/8'], receivedBytes: 0, sentBytes: 0 },
          { name: 'eth0', addresses: ['172.17.0.2/16'], receivedBytes: 4096, sentBytes: 1024 },
        ],
        routes: [
          { destination: 'default', gateway: '172.17.0.1', interfaceName: 'eth0' },
          { destination: '172.17.0.0/16', interfaceName: 'eth0' },
        ],
        mounts: [
          mount('/', 'overlay', false),
          mount('/proc', 'proc', false),
          mount('/proc/sys', 'proc', true, '/sys'),
          mount('/proc/kcore', 'tmpfs', false, '/null'),
          mount('/sys', 'sysfs', true),
        ],
      };
    },
  };
}
