import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { readSettledContainers } from '../../src/engine/containers/read-settled.js';
import { STATE_MIGRATIONS } from '../../src/engine/state/migrations.js';
import { isLocked } from '../../src/platform/file-lock.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

/** A root with a container that runs, one that has ended and one that never started; no engine is open. */
async function makeSettled(t: TestContext) {
  const world = makeEngineWorld(t);
  const { root, runRoot } = world.options;
  const engine = await world.open();
  const { containers } = engine;
  const make = (name: string, command: readonly string[]) => containers.create({ name, image: 'busybox', command });
  const [{ id: runs }, { id: ended }] = [await make('runs', ['sleep', '1000']), await make('ended', ['true'])];
  await make('made', ['true']);
  for (const id of [runs, ended]) await containers.start(id);
  await containers.wait(ended);
  const { state } = await containers.inspect(runs);
  assert.ok(state.status === 'running');
  await engine.close();
  const lockOf = (id: string) => join(runRoot, 'locks', id);
  await waitUntil('the end of the monitor', () => !isLocked(lockOf(ended)));
  const database = new DatabaseSync(join(root, 'state.db'));
  t.after(() => database.close());
  return {
    ...{ world, runs, ended, init: state.init },
    read: (all = true) => readSettledContainers({ root, runRoot }, { all }),
    list: async (all = true) => {
      const other = await world.open();
      try {
        return await other.containers.list({ all });
      } finally {
        await other.close();
      }
    },
    monitor: Number.parseInt(readFileSync(lockOf(runs), 'utf8'), 10),
    sql: (statement: string, ...cells: readonly SQLInputValue[]) => database.prepare(statement).run(...cells),
    document: (id: string) =>
      String(database.prepare('SELECT document FROM containers WHERE id = ?').get(id)?.['document']),
  };
}

test('where nothing is left to settle the list is read as an engine would tell it', NEEDS, async (t) => {
  const { read, list } = await makeSettled(t);
  assert.deepEqual(
    read()?.map(({ name }) => name),
    ['made', 'ended', 'runs'],
  );
  assert.deepEqual(read(), await list());
  assert.deepEqual(
    read(false)?.map(({ name }) => name),
    ['runs'],
  );
  assert.deepEqual(read(false), await list(false));
});

test('what a monitor has told and no row says yet is for an engine', NEEDS, async (t) => {
  const { read, list, init, runs } = await makeSettled(t);
  process.kill(init.pid, 'SIGKILL');
  await waitUntil('the exit', () => read() === undefined);
  const after = await list();
  assert.equal(after.find(({ id }) => id === runs)?.state.status, 'exited');
  assert.deepEqual(read(), after);
});

test('a container whose monitor was killed is for an engine', NEEDS, async (t) => {
  const { read, list, monitor } = await makeSettled(t);
  process.kill(monitor, 'SIGKILL');
  await waitUntil('the end of the monitor', () => read() === undefined);
  assert.deepEqual(
    (await list()).map(({ state }) => state.status),
    ['created', 'exited', 'exited'],
  );
  assert.notEqual(read(), undefined);
});

const DEAD = { pid: 2 ** 22, startTicks: 1 };
const OWN = { pid: process.pid, startTicks: 0 };
const LEFT: readonly (readonly [what: string, path: string, value: unknown])[] = [
  ['a start whose engine has died', '$.operation', { kind: 'start', owner: DEAD }],
  ['a removal whose engine has died', '$.operation', { kind: 'remove', owner: DEAD, volumes: false }],
  ['a removal that nobody works on', '$.state', { status: 'removing' }],
  ['a container that was to be removed at its exit', '$.config.autoRemove', true],
  ['a container that is to be started again', '$.isDue', true],
];

for (const [what, path, value] of LEFT) {
  test(`${what} is for an engine`, NEEDS, async (t) => {
    const { read, sql, ended, document } = await makeSettled(t);
    const before = document(ended);
    sql(
      'UPDATE containers SET document = json_set(document, ?, json(?)) WHERE id = ?',
      path,
      JSON.stringify(value),
      ended,
    );
    assert.equal(read(), undefined);
    sql('UPDATE containers SET document = ? WHERE id = ?', before, ended);
    assert.notEqual(read(), undefined);
  });
}

test('a change of limits that was not finished is for an engine', NEEDS, async (t) => {
  const { read, sql, runs } = await makeSettled(t);
  sql(
    'UPDATE containers SET document = json_set(document, ?, json(?)) WHERE id = ?',
    '$.changes',
    JSON.stringify([{ owner: OWN }]),
    runs,
  );
  assert.equal(read(), undefined);
});

test('no state, that of another boot or schema, and a row that cannot be read are for an engine', NEEDS, async (t) => {
  const { world, read, sql, ended, document } = await makeSettled(t);
  assert.equal(
    readSettledContainers({ root: join(world.folder, 'none'), runRoot: world.options.runRoot }, {}),
    undefined,
  );
  const before = document(ended);
  sql('UPDATE containers SET document = ? WHERE id = ?', '{', ended);
  assert.equal(read(), undefined);
  sql('UPDATE containers SET document = ? WHERE id = ?', before, ended);
  assert.notEqual(read(), undefined);
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  sql(`UPDATE settings SET value = 'another' WHERE id = 'boot'`);
  assert.equal(read(), undefined);
  sql(`UPDATE settings SET value = ? WHERE id = 'boot'`, boot);
  assert.notEqual(read(), undefined);
  sql(`PRAGMA user_version = ${STATE_MIGRATIONS.length + 1}`);
  const isRead = read() !== undefined;
  sql(`PRAGMA user_version = ${STATE_MIGRATIONS.length}`);
  assert.deepEqual([isRead, read() !== undefined], [false, true]);
});
