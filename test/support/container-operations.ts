import type { Engine } from '../../src/engine/engine.js';
import type { Container } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { isActive } from '../../src/model/container-state.js';
import { EngineError, type ErrorKind } from '../../src/model/errors.js';
import type { VolumeName } from '../../src/model/ids.js';
import { makeTar, streamOf } from './tar-fixtures.js';
import { waitUntil } from './wait-until.js';

/** What changes containers and volumes, and how one sees whether it has been done. */
export interface ContainerOperation {
  readonly name: string;
  /** Done before, with nothing killed. */
  before?(engine: Engine): Promise<unknown>;
  /** The command; absent where no command does it. */
  readonly words?: readonly string[];
  /** The same by an engine. */
  act(engine: Engine): Promise<unknown>;
  isDone(engine: Engine): Promise<boolean>;
  /** How `act` may say that there is nothing left to do. */
  readonly done?: readonly ErrorKind[];
  /** The monitor that is ended is that of a container which runs before. */
  readonly isOfRunning?: true;
  /** The container ends and runs again by itself: a row may be a moment behind the kernel. */
  readonly isOnItsOwn?: true;
}

/** It ends when it is told to, as pid 1 does only with a handler. */
const SERVE = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done'];
const MB = 2 ** 20;
const VOLUME = 'made' as VolumeName;
const FILE = makeTar([{ path: 'file', content: Buffer.alloc(300_000, 7) }]);

export async function addContainer(engine: Engine, config: Partial<ContainerConfig> = {}): Promise<void> {
  const namespaces = { network: 'none' } as const;
  await engine.containers.create({ name: 'web', image: 'busybox', command: SERVE, namespaces, ...config });
}

async function runContainer(engine: Engine, config: Partial<ContainerConfig> = {}): Promise<void> {
  await addContainer(engine, config);
  await engine.containers.start('web');
}

async function find(engine: Engine, name: string): Promise<Container | undefined> {
  return (await engine.containers.list({ all: true })).find((one) => one.name === name);
}

async function hasStatus(engine: Engine, ...wanted: readonly string[]): Promise<boolean> {
  const found = await find(engine, 'web');
  return found !== undefined && wanted.includes(found.state.status);
}

async function hasFile({ containers }: Engine, path: string): Promise<boolean> {
  try {
    await containers.statPath('web', path);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return false;
    throw error;
  }
}

async function hasVolume({ volumes }: Engine): Promise<boolean> {
  return (await volumes.list()).some(({ name }) => name === VOLUME);
}

async function execute(engine: Engine): Promise<void> {
  const id = await engine.containers.createExec('web', { command: ['touch', '/tmp/touched'] });
  await engine.containers.startExec(id);
  const { state } = await waitUntil('the end of the exec', async () => {
    const exec = await engine.containers.inspectExec(id);
    return exec.state.status === 'exited' && exec;
  });
  if (state.status === 'exited' && state.exitCode !== 0) throw new EngineError('internal', `exit ${state.exitCode}`);
}

/** `file` is one of the host that is copied, `archive` a tar of it. */
export function listContainerOperations(file: string, archive: string): readonly ContainerOperation[] {
  return [...listLives(), ...listChanges(file), ...listRemovals(), ...listVolumeOperations(archive)];
}

function listLives(): readonly ContainerOperation[] {
  return [
    {
      name: 'create',
      words: ['create', '--name', 'web', '--network', 'none', 'busybox', 'true'],
      act: (engine) => addContainer(engine),
      isDone: async (engine) => (await find(engine, 'web')) !== undefined,
      done: ['conflict'],
    },
    {
      name: 'start',
      before: (engine) => addContainer(engine),
      words: ['start', 'web'],
      act: ({ containers }) => containers.start('web'),
      isDone: (engine) => hasStatus(engine, 'running'),
      done: ['not-modified'],
    },
    {
      name: 'stop',
      before: (engine) => runContainer(engine),
      words: ['stop', 'web'],
      act: ({ containers }) => containers.stop('web'),
      isDone: (engine) => hasStatus(engine, 'exited'),
      done: ['not-modified'],
      isOfRunning: true,
    },
    {
      name: 'kill',
      before: (engine) => runContainer(engine),
      words: ['kill', 'web'],
      act: async ({ containers }) => {
        const exit = containers.wait('web');
        exit.catch(() => undefined);
        await containers.kill('web');
        await exit;
      },
      isDone: (engine) => waitUntil('the exit', () => hasStatus(engine, 'exited'), 300).catch(() => false),
      done: ['conflict'],
      isOfRunning: true,
    },
    {
      name: 'restart',
      before: (engine) => runContainer(engine),
      words: ['restart', '-t', '0', 'web'],
      act: ({ containers }) => containers.restart('web', { timeoutMs: 0 }),
      isDone: (engine) => hasStatus(engine, 'running'),
    },
    {
      name: 'restart by its policy',
      before: (engine) =>
        addContainer(engine, {
          command: ['sh', '-c', 'echo x >> /tmp/runs; [ $(stat -c %s /tmp/runs) -ge 4 ]'],
          restartPolicy: { name: 'on-failure', maxRetries: 3 },
        }),
      act: async ({ containers }) => {
        await containers.start('web');
        await containers.wait('web');
      },
      isDone: async (engine) => {
        const state = await waitUntil('the last run', async () => {
          const found = await find(engine, 'web');
          return found !== undefined && !isActive(found.state) && found.state;
        });
        return state.status === 'exited' && state.exitCode === 0;
      },
      done: ['not-modified'],
      isOnItsOwn: true,
    },
  ];
}

function listChanges(file: string): readonly ContainerOperation[] {
  return [
    {
      name: 'pause',
      before: (engine) => runContainer(engine),
      words: ['pause', 'web'],
      act: ({ containers }) => containers.pause('web'),
      isDone: (engine) => hasStatus(engine, 'paused'),
      done: ['conflict'],
    },
    {
      name: 'unpause',
      before: async (engine) => {
        await runContainer(engine);
        await engine.containers.pause('web');
      },
      words: ['unpause', 'web'],
      act: ({ containers }) => containers.unpause('web'),
      isDone: (engine) => hasStatus(engine, 'running'),
      done: ['conflict'],
    },
    {
      name: 'update',
      before: (engine) => runContainer(engine, { limits: { memoryBytes: 32 * MB } }),
      words: ['update', '--memory', '64m', '--memory-swap', '128m', '--cpus', '0.5', '--restart', 'always', 'web'],
      act: ({ containers }) =>
        containers.update('web', {
          limits: { memoryBytes: 64 * MB, memorySwapBytes: 128 * MB, nanoCpus: 5e8 },
          restartPolicy: { name: 'always' },
        }),
      isDone: async (engine) => {
        const found = await find(engine, 'web');
        return found?.limits.memoryBytes === 64 * MB && found.limits.nanoCpus === 5e8;
      },
      isOfRunning: true,
    },
    {
      name: 'rename',
      before: (engine) => runContainer(engine),
      words: ['rename', 'web', 'renamed'],
      act: ({ containers }) => containers.rename('web', 'renamed'),
      isDone: async (engine) => (await find(engine, 'renamed')) !== undefined,
      done: ['not-found'],
    },
    {
      name: 'exec',
      before: (engine) => runContainer(engine),
      words: ['exec', 'web', 'touch', '/tmp/touched'],
      act: execute,
      isDone: (engine) => hasFile(engine, '/tmp/touched'),
    },
    {
      name: 'cp',
      before: (engine) => addContainer(engine),
      words: ['cp', file, 'web:/tmp'],
      act: ({ containers }) => containers.writeArchive('web', '/tmp', streamOf(FILE)),
      isDone: (engine) => hasFile(engine, '/tmp/file'),
    },
  ];
}

function listRemovals(): readonly ContainerOperation[] {
  const isGone = async (engine: Engine): Promise<boolean> => (await engine.containers.list({ all: true })).length === 0;
  return [
    {
      name: 'rm',
      before: (engine) => addContainer(engine),
      words: ['rm', 'web'],
      act: ({ containers }) => containers.remove('web'),
      isDone: isGone,
      done: ['not-found'],
    },
    {
      name: 'rm -f',
      before: (engine) =>
        runContainer(engine, { restartPolicy: { name: 'always' }, mounts: [{ type: 'volume', target: '/cache' }] }),
      words: ['rm', '-fv', 'web'],
      act: ({ containers }) => containers.remove('web', { force: true, volumes: true }),
      isDone: isGone,
      done: ['not-found'],
      isOfRunning: true,
    },
    {
      name: 'container prune',
      before: async (engine) => {
        for (const name of ['one', 'two']) await addContainer(engine, { name });
      },
      words: ['container', 'prune', '-f'],
      act: ({ containers }) => containers.prune(),
      isDone: isGone,
    },
  ];
}

function listVolumeOperations(archive: string): readonly ContainerOperation[] {
  const isGone = async (engine: Engine): Promise<boolean> => (await engine.volumes.list()).length === 0;
  return [
    {
      name: 'volume create',
      words: ['volume', 'create', '--label', 'of=test', VOLUME],
      act: ({ volumes }) => volumes.create({ name: VOLUME, labels: { of: 'test' } }),
      isDone: hasVolume,
    },
    {
      name: 'volume rm',
      before: ({ volumes }) => volumes.create({ name: VOLUME }),
      words: ['volume', 'rm', VOLUME],
      act: ({ volumes }) => volumes.remove(VOLUME),
      isDone: isGone,
      done: ['not-found'],
    },
    {
      name: 'volume prune',
      before: async ({ volumes }) => {
        for (const name of ['one', 'two'] as VolumeName[]) await volumes.create({ name });
      },
      words: ['volume', 'prune', '-af'],
      act: ({ volumes }) => volumes.prune({ all: true }),
      isDone: isGone,
    },
    {
      name: 'volume import',
      before: ({ volumes }) => volumes.create({ name: VOLUME }),
      words: ['volume', 'import', VOLUME, archive],
      act: async ({ volumes }) => volumes.import?.(VOLUME, streamOf(FILE)),
      isDone: async ({ volumes }) => ((await volumes.readSizes?.([VOLUME]))?.get(VOLUME) ?? 0) >= 300_000,
    },
  ];
}
