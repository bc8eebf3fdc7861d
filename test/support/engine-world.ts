import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { type LocalEngineOptions, openLocalEngine } from '../../src/engine/local-engine.js';
import { nativeProgram } from './native-program.js';
import { makeTestRoot } from './test-image.js';

export interface EngineWorld {
  readonly folder: string;
  readonly options: LocalEngineOptions;
  /** One more engine on the same root, closed with the test at the latest. */
  readonly open: (more?: Partial<LocalEngineOptions>) => Promise<Engine>;
}

/**
 * A state root in memory with the image `busybox`; when the test has ended nothing of it is left. With the storage driver `erofs` it is
 * on a disk: the kernel mounts no layers from memory.
 */
export function makeEngineWorld(t: TestContext, more: Partial<LocalEngineOptions> = {}): EngineWorld {
  const folder = mkdtempSync(join(more.storageDriver === 'erofs' ? tmpdir() : '/dev/shm', 'gantry-engine-'));
  const options: LocalEngineOptions = {
    root: join(folder, 'root'),
    runRoot: join(folder, 'run'),
    program: nativeProgram,
    cgroupParent: `/${basename(folder)}`,
    ...more,
  };
  const opened = new Set<Engine>();
  const open = async (own: Partial<LocalEngineOptions> = {}): Promise<Engine> => {
    const engine = closeOnce(await openLocalEngine({ ...options, ...own }), (one) => opened.delete(one));
    opened.add(engine);
    if ((await engine.images.list()).length === 0) await addTestImage(engine);
    return engine;
  };
  t.after(async () => {
    const engine = await openLocalEngine(options);
    for (const { id } of await engine.containers.list({ all: true })) {
      await engine.containers.remove(id, { force: true });
    }
    await engine.networks.prune();
    await engine.close();
    for (const path of listCgroups(options.cgroupParent)) rmdirSync(path);
    rmSync(folder, { recursive: true });
  });
  // Thousands are opened on some worlds: what is closed is let go.
  t.after(async () => void (await Promise.all([...opened].map((engine) => engine.close()))));
  return { folder, options, open };
}

/** Folders of a cgroup parent in every hierarchy that has one. */
export function listCgroups(parent: string): readonly string[] {
  const hierarchies = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name));
  return ['/sys/fs/cgroup', ...hierarchies].map((path) => join(path, parent)).filter((path) => existsSync(path));
}

export async function addTestImage(engine: Engine): Promise<void> {
  const changes = ['CMD ["sh"]', 'ENV PATH=/bin', 'ENV FROM_IMAGE=yes', 'LABEL origin=image'];
  await engine.images.import(streamOnce(makeTestRoot()), { reference: 'busybox', changes });
}

async function* streamOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function closeOnce(engine: Engine, onClose: (engine: Engine) => void): Engine {
  let closed: Promise<void> | undefined;
  const once: Engine = {
    ...engine,
    close: () => {
      closed ??= engine.close().finally(() => onClose(once));
      return closed;
    },
  };
  return once;
}
