import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerRecord } from '../../src/engine/containers/container-record.js';
import { type ContainerStore, createContainerStore } from '../../src/engine/containers/container-store.js';
import { createEnginePaths, type EnginePaths, makeEngineFolders } from '../../src/engine/containers/engine-paths.js';
import { createJournal, type Journal } from '../../src/engine/containers/journal.js';
import { createEventBus, type EventBus } from '../../src/engine/events/event-bus.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { ContainerId, ImageId } from '../../src/model/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import { failOnWarning } from '../support/fail-on-warning.js';

interface Side {
  readonly store: ContainerStore;
  readonly bus: EventBus;
  readonly journal: Journal;
  readonly exits: string[];
}

function makeFolders(t: TestContext): EnginePaths {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-journal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const paths = createEnginePaths(join(folder, 'root'), join(folder, 'run'));
  makeEngineFolders(paths);
  return paths;
}

/** What one engine process has. */
function openSide(t: TestContext, paths: EnginePaths): Side {
  const database = openStateDatabase(paths.root);
  const bus = createEventBus({ database, root: paths.root, clock: systemClock });
  t.after(() => {
    bus.close();
    database.close();
  });
  const store = createContainerStore(database, bus);
  const exits: string[] = [];
  const logger = failOnWarning;
  const onExit = ({ id }: ContainerRecord): number => exits.push(id);
  return { store, bus, exits, journal: createJournal({ store, paths, logger, onExit, onOther: () => {} }) };
}

const idOf = (digit: string): ContainerId => digit.repeat(64) as ContainerId;

function makeRecord(id: ContainerId, name: string, config: Partial<ContainerConfig> = {}): ContainerRecord {
  return {
    id,
    name,
    config: { image: 'busybox', labels: { tier: 'web' }, ...config },
    imageId: `sha256:${'1'.repeat(64)}` as ImageId,
    process: { path: 'sh', args: [], env: {}, workingDir: '/', user: '', stopSignal: 'SIGTERM' },
    healthcheck: { test: ['CMD', 'true'] },
    limits: {},
    createdAtMs: 1_000,
    state: { status: 'created' },
    restartCount: 0,
    networks: [],
    mounts: [],
    journalOffset: 0,
    finalExits: 0,
    isStoppedByUser: false,
  };
}

const at = (ms: number): string => `${ms}000000`;
const START = { event: 'start', pid: 7, startTicks: 70, atNs: at(5_000) };
const EXIT = { event: 'exit', exitCode: 137, signal: 9, oomKilled: true, oomKills: 1, final: true, atNs: at(8_500) };

function write(paths: EnginePaths, id: ContainerId, ...lines: readonly object[]): void {
  appendFileSync(paths.journal(id), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

async function readTimes(bus: EventBus): Promise<number[]> {
  const times: number[] = [];
  for await (const { atMs } of bus.follow({ sinceMs: 0, untilMs: Date.now() })) times.push(atMs);
  return times;
}

async function readActions(bus: EventBus): Promise<string[]> {
  const actions: string[] = [];
  for await (const { action, attributes } of bus.follow({ sinceMs: 0, untilMs: Date.now() })) {
    const { exitCode, healthStatus } = attributes;
    actions.push([action, exitCode ?? healthStatus ?? []].flat().join(' '));
  }
  return actions;
}

test('each line counts once, whichever of two engines reads it', async (t) => {
  const paths = makeFolders(t);
  const [one, two] = [openSide(t, paths), openSide(t, paths)];
  const id = idOf('a');
  one.store.insert({ record: makeRecord(id, 'x') });
  write(paths, id, START);
  assert.equal(one.journal.catchUp(id)?.state.status, 'running');
  write(paths, id, EXIT);
  assert.equal(two.journal.catchUp(id)?.state.status, 'exited');
  assert.equal(one.journal.catchUp(id)?.state.status, 'exited');
  assert.deepEqual([one.exits, two.exits], [[], [id]]);
  assert.deepEqual(await readActions(one.bus), ['start', 'die 137']);
  assert.deepEqual(await readTimes(one.bus), [5_000, 8_500]);
  assert.deepEqual(one.store.get(id)?.state, {
    status: 'exited',
    exitCode: 137,
    startedAtMs: 5_000,
    finishedAtMs: 8_500,
    oomKilled: true,
  });
});

test('a line that is half written is left for later', (t) => {
  const paths = makeFolders(t);
  const { store, journal } = openSide(t, paths);
  const id = idOf('a');
  store.insert({ record: makeRecord(id, 'x') });
  write(paths, id, START);
  const text = JSON.stringify(EXIT);
  appendFileSync(paths.journal(id), text.slice(0, 20));
  assert.equal(journal.catchUp(id)?.state.status, 'running');
  appendFileSync(paths.journal(id), `${text.slice(20)}\n`);
  assert.equal(journal.catchUp(id)?.state.status, 'exited');
});

test('a watched journal moves the container by itself', async (t) => {
  const paths = makeFolders(t);
  const { store, journal, bus } = openSide(t, paths);
  const id = idOf('b');
  store.insert({ record: makeRecord(id, 'x') });
  t.after(journal.watch());
  const events = bus.follow();
  write(paths, id, START);
  for await (const event of events) {
    assert.equal(event.action, 'start');
    assert.deepEqual(event.attributes, { name: 'x', image: 'busybox', tier: 'web' });
    break;
  }
  assert.equal(store.get(id)?.state.status, 'running');
});

test('a restart by policy is counted, and read at once it is one step', (t) => {
  const paths = makeFolders(t);
  const { store, journal, exits } = openSide(t, paths);
  const id = idOf('c');
  store.insert({ record: makeRecord(id, 'x') });
  const failed = { ...EXIT, exitCode: 1, signal: 0, oomKilled: false, final: false };
  write(paths, id, START, failed, { event: 'restarting', attempt: 1, delayMs: 100, atNs: at(8_500) });
  const record = journal.catchUp(id);
  assert.deepEqual(record?.state, {
    status: 'restarting',
    lastExitCode: 1,
    startedAtMs: 5_000,
    finishedAtMs: 8_500,
    nextAttemptAtMs: 8_600,
  });
  write(paths, id, { ...START, pid: 8 });
  assert.equal(journal.catchUp(id)?.restartCount, 1);
  assert.deepEqual(exits, []);
  write(paths, id, failed, {
    event: 'failed',
    operation: 'exec',
    target: '/nope',
    errno: 'ENOENT',
    message: 'cannot execute',
    final: true,
    atNs: at(9_000),
  });
  const { state } = journal.catchUp(id) ?? {};
  assert.equal(state?.status === 'exited' && state.exitCode, 127);
  assert.deepEqual(exits, [id]);
});

test('a probe changes the health, and only a new status is an event', async (t) => {
  const paths = makeFolders(t);
  const { store, journal, bus } = openSide(t, paths);
  const id = idOf('d');
  store.insert({ record: makeRecord(id, 'x') });
  const probe = { event: 'health', status: 'healthy', exitCode: 0, output: 'ok', failingStreak: 0 };
  const probes = Array.from({ length: 7 }, (_, i) => ({ ...probe, startedAtNs: at(6_000 + i), atNs: at(6_001 + i) }));
  write(paths, id, START, ...probes);
  const { state } = journal.catchUp(id) ?? {};
  assert.ok(state?.status === 'running');
  assert.equal(state.health?.status, 'healthy');
  assert.deepEqual(
    state.health?.log.map(({ startedAtMs }) => startedAtMs),
    [6_002, 6_003, 6_004, 6_005, 6_006],
  );
  assert.deepEqual(await readActions(bus), ['start', 'health_status healthy']);
});

test('a reference is a full id, a name, or a unique prefix, in that order', (t) => {
  const paths = makeFolders(t);
  const { store } = openSide(t, paths);
  const [a, b] = [`abc${'0'.repeat(61)}` as ContainerId, `abd${'0'.repeat(61)}` as ContainerId];
  store.insert({ record: makeRecord(a, 'one') });
  store.insert({ record: makeRecord(b, 'abc') });
  assert.equal(store.resolve(a).id, a);
  assert.equal(store.resolve('/one').id, a);
  assert.equal(store.resolve('abc').id, b, 'a name goes before a prefix');
  assert.equal(store.resolve('abc0').id, a);
  const refuse = (ref: string, kind: string, message: string): void =>
    assert.throws(
      () => store.resolve(ref),
      (error) => error instanceof EngineError && error.kind === kind && error.message === message,
    );
  refuse('ab', 'invalid-argument', 'multiple IDs found with provided prefix: ab');
  refuse('zzz', 'not-found', 'No such container: zzz');
  refuse('', 'not-found', 'No such container: ');
});

test('lists newest first, active ones unless asked for more, by label and name', (t) => {
  const paths = makeFolders(t);
  const { store, journal } = openSide(t, paths);
  store.insert({ record: makeRecord(idOf('a'), 'old') });
  store.insert({ record: { ...makeRecord(idOf('b'), 'young', { labels: { tier: 'db' } }), createdAtMs: 2_000 } });
  write(paths, idOf('a'), START);
  journal.catchUp(idOf('a'));
  const names = (filter: Parameters<ContainerStore['list']>[0]): string[] => store.list(filter).map(({ name }) => name);
  assert.deepEqual(names({}), ['old']);
  assert.deepEqual(names({ all: true }), ['young', 'old']);
  assert.deepEqual(names({ status: ['created'] }), ['young']);
  assert.deepEqual(names({ all: true, labels: { tier: 'web' } }), ['old']);
  assert.deepEqual(names({ all: true, labels: { tier: undefined }, name: '^/?yo' }), ['young']);
});
