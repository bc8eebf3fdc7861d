import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { toWireContainer } from '../../src/api/wire/container.js';
import type { Engine } from '../../src/engine/engine.js';
import type { ExecId } from '../../src/model/ids.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { startEngineProcess } from '../support/engine-process.js';
import { type EngineWorld, makeEngineWorld } from '../support/engine-world.js';
import { listChildren } from '../support/list-children.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('an exec outlives the engine that started it, and its exit code is found', needs, async (t) => {
  const world = makeEngineWorld(t);
  const id = await execInKilledEngine(t, world, ['sh', '-c', 'while [ ! -e /go ]; do sleep 0.02; done; exit 7']);
  const engine = await world.open();
  assert.deepEqual(await readExecIds(engine), [id]);
  const { state } = await engine.containers.inspectExec(id);
  assert.ok(state.status === 'running' && existsSync(`/proc/${state.pid}`), JSON.stringify(state));

  await engine.containers.startExec(await engine.containers.createExec('main', { command: ['touch', '/go'] }));
  await waitUntil('its end', async () => (await engine.containers.inspectExec(id)).state.status === 'exited');
  assert.deepEqual((await engine.containers.inspectExec(id)).state, { status: 'exited', exitCode: 7 });
  await waitUntil('the other end', async () => (await readExecIds(engine)) === null);
});

test('an exec whose monitor was killed has ended, for an engine that is open too', needs, async (t) => {
  const world = makeEngineWorld(t);
  const id = await execInKilledEngine(t, world, ['sleep', '1000']);
  const engine = await world.open();
  const { state } = await engine.containers.inspectExec(id);
  assert.ok(state.status === 'running');
  const monitor = readProcessStat(state.pid)?.parentPid ?? 0;
  assert.ok(monitor > 1);
  process.kill(monitor, 'SIGKILL');
  await waitUntil('its end', () => !existsSync(`/proc/${monitor}`));
  assert.deepEqual((await engine.containers.inspectExec(id)).state, { status: 'exited', exitCode: 137 });
});

test('an exec whose starter died before it had a monitor has ended', needs, async (t) => {
  const world = makeEngineWorld(t);
  const id = await execInKilledEngine(t, world, ['true']);
  const engine = await world.open();
  await waitUntil('its end', async () => (await engine.containers.inspectExec(id)).state.status === 'exited');
  // As the row stands when an engine is killed between its claim and the start of the monitor.
  const database = new DatabaseSync(join(world.options.root, 'state.db'));
  database
    .prepare(
      `UPDATE execs SET document = json_set(document, '$.state', json('{"status":"running","pid":0}')) WHERE id = ?`,
    )
    .run(id);
  database.close();
  assert.deepEqual((await engine.containers.inspectExec(id)).state, { status: 'exited', exitCode: 137 });
});

test('an exec that fails before it has a plan leaves no monitor, and has ended', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const { id: container } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'] });
  await engine.containers.start(container);
  const below = () => listChildren(process.pid).flatMap(listChildren);
  const before = below();
  const id = await engine.containers.createExec(container, { command: ['true'], user: 'nosuch' });
  await assert.rejects(engine.containers.startExec(id, { stdout: true }), /unable to find user nosuch/);
  assert.deepEqual((await engine.containers.inspectExec(id)).state, { status: 'exited', exitCode: 126 });
  await waitUntil('the end of its monitor', () => below().every((pid) => before.includes(pid)));
});

/** Runs the container `main`, and in it an exec, by an engine that is killed then. */
async function execInKilledEngine(t: TestContext, world: EngineWorld, exec: readonly string[]): Promise<ExecId> {
  await (await world.open()).close();
  const steps = [{ run: { name: 'main', command: ['sleep', '1000'] } }, { exec, in: 'main' }];
  const process = await startEngineProcess(t, world.options, steps);
  assert.equal(await process.go(), true);
  await process.kill();
  const database = new DatabaseSync(join(world.options.root, 'state.db'));
  const row = database.prepare('SELECT id FROM execs').get();
  database.close();
  return String(row?.['id']) as ExecId;
}

async function readExecIds(engine: Engine): Promise<readonly string[] | null> {
  const container = await engine.containers.inspect('main');
  return toWireContainer(container, { image: undefined, volumes: [], storageDriver: 'overlay2' }).ExecIDs;
}
