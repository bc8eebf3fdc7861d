import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ContainerLifecycle, createContainerLifecycle } from '../../src/engine/containers/container-service.js';
import { createContainerStore } from '../../src/engine/containers/container-store.js';
import { createEnginePaths, makeEngineFolders } from '../../src/engine/containers/engine-paths.js';
import { listVolumeUsers, openContainers } from '../../src/engine/containers/open-containers.js';
import type { Engine } from '../../src/engine/engine.js';
import { createEventBus } from '../../src/engine/events/event-bus.js';
import { openCgroupDriver } from '../../src/engine/isolation/cgroup/open-driver.js';
import { readHostFacts } from '../../src/engine/isolation/host-facts.js';
import { openLayerStore } from '../../src/engine/layers/layer-store.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { createVolumeStore } from '../../src/engine/volumes/volume-store.js';
import { EngineError } from '../../src/model/errors.js';
import type { DiffId, ImageId } from '../../src/model/ids.js';
import type { Image } from '../../src/model/image.js';
import { systemClock } from '../../src/platform/clock.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { nativeProgram } from './native-program.js';
import { makeTestRoot } from './test-image.js';

export interface TestEngine {
  readonly containers: ContainerLifecycle;
  readonly events: Engine['events'];
  readonly close: () => Promise<void>;
}

export interface EngineWorld {
  readonly root: string;
  readonly runRoot: string;
  readonly cgroupParent: string;
  /** One more engine on the same root, closed with the test. */
  readonly open: () => Promise<TestEngine>;
}

/** A state root in memory with the image `busybox`; when the test has ended nothing of it is left. */
export function makeEngineWorld(t: TestContext): EngineWorld {
  const folder = mkdtempSync('/dev/shm/gantry-engine-');
  const [root, runRoot] = [join(folder, 'root'), join(folder, 'run')];
  const cgroupParent = `/${folder.split('/').at(-1)}`;
  const open = async (): Promise<TestEngine> => {
    const engine = await openTestEngine(root, runRoot, cgroupParent);
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      await engine.close();
    };
    t.after(close);
    return { ...engine, close };
  };
  t.after(async () => {
    const engine = await openTestEngine(root, runRoot, cgroupParent);
    for (const { id } of await engine.containers.list({ all: true }))
      await engine.containers.remove(id, { force: true });
    await engine.close();
    removeCgroups(cgroupParent);
    rmSync(folder, { recursive: true });
  });
  return { root, runRoot, cgroupParent, open };
}

/** Folders of the world's parent in every hierarchy that is left. */
export function listCgroups(parent: string): readonly string[] {
  return readdirSync('/sys/fs/cgroup')
    .map((hierarchy) => join('/sys/fs/cgroup', hierarchy, parent))
    .concat(join('/sys/fs/cgroup', parent))
    .filter((path) => existsSync(path));
}

function removeCgroups(parent: string): void {
  for (const path of listCgroups(parent)) rmdirSync(path);
}

async function openTestEngine(root: string, runRoot: string, cgroupParent: string): Promise<TestEngine> {
  const paths = createEnginePaths(root, runRoot);
  makeEngineFolders(paths);
  const database = openStateDatabase(root);
  const bus = createEventBus({ database, root, clock: systemClock });
  const store = createContainerStore(database, bus);
  const layers = openLayerStore({ root, program: nativeProgram });
  const [top] = layers.list();
  const { diffId } = top ?? (await layers.apply(streamOnce(makeTestRoot())));
  const end = new AbortController();
  const usersOf = (name: string): readonly string[] => listVolumeUsers(store, name);
  const volumes = createVolumeStore({ database, events: bus, clock: systemClock, root, usersOf });
  const opened = await openContainers({
    database,
    bus,
    store,
    paths,
    clock: systemClock,
    logger: { warn: (message, cause) => process.stderr.write(`${message}: ${cause}\n`) },
    volumes,
    cgroups: openCgroupDriver({ parent: cgroupParent }),
    images: { find: (ref) => findImage(ref, diffId) },
    layers,
    host: readHostFacts(),
    isRemappedByDefault: false,
    owner: { pid: process.pid, startTicks: readProcessStat(process.pid)?.startTicks ?? 0 },
    program: nativeProgram,
    end: end.signal,
  });
  return {
    containers: createContainerLifecycle(opened.parts),
    events: bus.follow,
    close: async () => {
      end.abort();
      await opened.close();
      bus.close();
      database.close();
    },
  };
}

async function* streamOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function findImage(ref: string, diffId: DiffId): Image {
  if (ref !== 'busybox') throw new EngineError('not-found', `No such image: ${ref}:latest`);
  return {
    id: `sha256:${'1'.repeat(64)}` as ImageId,
    repoTags: ['busybox:latest'],
    repoDigests: [],
    createdAtMs: 0,
    sizeBytes: 1,
    platform: { os: 'linux', architecture: 'amd64' },
    layers: [diffId],
    config: { env: { PATH: '/bin', FROM_IMAGE: 'yes' }, command: ['sh'], labels: { origin: 'image' } },
  };
}
