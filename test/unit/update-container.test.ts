import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerRecord } from '../../src/engine/containers/container-record.js';
import { createContainerStore } from '../../src/engine/containers/container-store.js';
import { previewContainerUpdate, type UpdateParts, updateContainer } from '../../src/engine/containers/update.js';
import { createEventBus } from '../../src/engine/events/event-bus.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { EngineEvent } from '../../src/model/events.js';
import type { ContainerId, ImageId } from '../../src/model/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import { type OpenWorld, openFakeWorld } from '../support/cgroup-worlds.js';

const MIB = 2 ** 20;
const id = 'a'.repeat(64) as ContainerId;
const devices = [{ allow: true, access: 'rwm' }];

interface Scene {
  readonly parts: UpdateParts;
  readonly world: OpenWorld;
  readonly told: string[];
  /** The events so far. */
  events(): Promise<readonly EngineEvent[]>;
  insert(change: Partial<ContainerRecord>): void;
  /** Makes its group, as a start does. */
  run(): string;
}

function setScene(t: TestContext): Scene {
  const root = mkdtempSync(join(tmpdir(), 'gantry-update-'));
  const database = openStateDatabase(root);
  const bus = createEventBus({ database, root, clock: systemClock });
  const world = openFakeWorld();
  t.after(async () => {
    bus.close();
    database.close();
    await world.close();
    rmSync(root, { recursive: true });
  });
  const store = createContainerStore(database, bus);
  const told: string[] = [];
  const parts: UpdateParts = {
    store,
    journal: { catchUp: store.get },
    cgroups: world.driver,
    owner: { pid: process.pid, startTicks: 0 },
    setRestartPolicy: (_record, policy) => Promise.resolve(void told.push(`policy ${policy.name}`)),
    refreshStats: (refreshed) => void told.push(`refresh ${refreshed.slice(0, 1)}`),
  };
  return {
    parts,
    world,
    told,
    events: async () => {
      const all: EngineEvent[] = [];
      for await (const event of bus.follow({ sinceMs: 0, untilMs: Date.now() })) all.push(event);
      return all;
    },
    insert: (change) => void store.insert({ record: { ...created, ...change } }),
    run() {
      const { limits } = store.resolve('x');
      return world.driver.create({ id }, { limits, devices }).paths.v2 ?? '';
    },
  };
}

const created: ContainerRecord = {
  id,
  name: 'x',
  config: { image: 'busybox' },
  imageId: `sha256:${'1'.repeat(64)}` as ImageId,
  process: { path: 'sh', args: [], env: {}, workingDir: '/', user: '', stopSignal: 'SIGTERM' },
  limits: {},
  createdAtMs: 1000,
  state: { status: 'created' },
  restartCount: 0,
  networks: [],
  mounts: [],
  journalOffset: 0,
  finalExits: 0,
  isStoppedByUser: false,
};

const running = { status: 'running', init: { pid: 1, startTicks: 1 }, startedAtMs: 1 } as const;

test('limits of a container that does not run are checked, completed and kept for its start', async (t) => {
  const { parts, insert } = setScene(t);
  insert({});
  const { limits } = await updateContainer(parts, 'x', { limits: { memoryBytes: 64 * MIB } });
  assert.deepEqual(limits, { memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB });
  assert.deepEqual(parts.store.resolve('x').limits, limits);
  const tooSmall = updateContainer(parts, 'x', { limits: { memoryBytes: 1 } });
  await assert.rejects(tooSmall, { kind: 'invalid-argument', message: 'Minimum memory limit allowed is 4MB' });
  assert.deepEqual(parts.store.resolve('x').limits, limits);
});

test('limits of a running container reach the kernel and come back from it, into the row and the stats', async (t) => {
  const { parts, insert, run, told } = setScene(t);
  insert({ state: running, limits: { pidsMax: 10 } });
  const folder = run();
  const { limits } = await updateContainer(parts, 'x', { limits: { nanoCpus: 5e8, pidsMax: null } });
  assert.deepEqual(limits, { nanoCpus: 5e8 });
  assert.equal(readFileSync(`${folder}/cpu.max`, 'utf8'), '50000 100000\n');
  assert.equal(readFileSync(`${folder}/pids.max`, 'utf8'), 'max\n');
  assert.deepEqual(parts.store.resolve('x').limits, limits);
  assert.deepEqual(told, ['refresh a']);
});

test('the event of an update says what each limit was and is', async (t) => {
  const { parts, insert, events } = setScene(t);
  insert({ limits: { memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB, pidsMax: 10 } });
  await updateContainer(parts, 'x', { limits: { memoryBytes: 128 * MIB, nanoCpus: 5e8, pidsMax: null } });
  const update = (await events()).find(({ action }) => action === 'update');
  const { name, image, ...changes } = update?.attributes ?? {};
  assert.deepEqual([name, image], ['x', 'busybox']);
  assert.deepEqual(changes, {
    ...{ memory: '128m', oldMemory: '64m', memorySwap: '256m', oldMemorySwap: '128m' },
    ...{ cpus: '0.5', oldCpus: 'max', pids: 'max', oldPids: '10' },
  });
});

test('a limit that the kernel cannot take leaves row, kernel and policy as they were', async (t) => {
  const { parts, insert, run, world, told } = setScene(t);
  const before = world.driver.check({ memoryBytes: 64 * MIB }).limits;
  insert({ state: running, limits: before });
  const folder = run();
  await world.occupy(world.driver.open({ id }), { anonBytes: 32 * MIB });
  const change = { limits: { memoryBytes: 8 * MIB }, restartPolicy: { name: 'always' as const } };
  assert.equal(previewContainerUpdate(parts, 'x', change.limits).outcome, 'oom-risk');
  await assert.rejects(updateContainer(parts, 'x', change), { kind: 'conflict' });
  assert.equal(readFileSync(`${folder}/memory.max`, 'utf8'), `${64 * MIB}\n`);
  assert.deepEqual(parts.store.resolve('x').limits, before);
  assert.equal(parts.store.resolve('x').config.restartPolicy, undefined);
  assert.deepEqual(told, []);
});

test('two updates at once leave a row with both', async (t) => {
  const { parts, insert, run } = setScene(t);
  insert({ state: running });
  run();
  await Promise.all([
    updateContainer(parts, 'x', { limits: { memoryBytes: 64 * MIB } }),
    updateContainer(parts, 'x', { limits: { nanoCpus: 1e9 } }),
  ]);
  const { limits } = parts.store.resolve('x');
  assert.deepEqual(limits, { memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB, nanoCpus: 1e9 });
});

test('a restart policy is told to the monitor of a running container, and refused beside auto-remove', async (t) => {
  const { parts, insert, run, told } = setScene(t);
  insert({ state: running });
  run();
  await updateContainer(parts, 'x', { restartPolicy: { name: 'on-failure', maxRetries: 3 } });
  assert.deepEqual(parts.store.resolve('x').config.restartPolicy, { name: 'on-failure', maxRetries: 3 });
  assert.deepEqual(told, ['policy on-failure', 'refresh a']);
  const { store } = parts;
  store.change(id, (record) => ({ record: { ...record, config: { ...record.config, autoRemove: true } } }));
  const refused = updateContainer(parts, 'x', { restartPolicy: { name: 'always' } });
  await assert.rejects(refused, { kind: 'invalid-argument', message: /AutoRemove is enabled/ });
});

test('a container that is being started or removed is not updated', async (t) => {
  const { parts, insert } = setScene(t);
  insert({ operation: { kind: 'start', owner: { pid: 1, startTicks: 1 } } });
  const update = () => updateContainer(parts, 'x', { limits: { pidsMax: 5 } });
  await assert.rejects(update(), { kind: 'conflict', message: /another start is under way/ });
  parts.store.change(id, (record) => ({ record: { ...record, state: { status: 'removing' } } }));
  await assert.rejects(update(), { kind: 'conflict', message: /marked for removal/ });
});
