import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createWorkspace, type Workspace } from '../../../src/store/workspace.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { waitUntil } from '../../support/wait-until.js';

/** A workspace whose first lists are read, closed after the test however that ends. */
async function openWorkspace(t: TestContext, engine: FakeEngine): Promise<Workspace> {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const workspace = createWorkspace(engine, stop.signal);
  await workspace.sync.ready;
  return workspace;
}

test('many events of one container in a moment are one reading', async (t) => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'box' });
  const workspace = await openWorkspace(t, engine);
  const inspect = engine.containers.inspect.bind(engine.containers);
  let reads = 0;
  engine.containers.inspect = (ref) => {
    reads++;
    return inspect(ref);
  };
  await engine.containers.pause(id);
  await engine.containers.unpause(id);
  await engine.containers.pause(id);
  await waitUntil('the store', () => workspace.containers.getState().byId.get(id)?.state.status === 'paused');
  assert.equal(reads, 1);
});

test('a removed container leaves the list', async (t) => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'box' }, false);
  const workspace = await openWorkspace(t, engine);
  await engine.containers.remove(id);
  await waitUntil('the store', () => workspace.containers.getState().byId.size === 0);
});

test('a broken stream of events is said, and everything is read again when it works', async (t) => {
  const engine = new FakeEngine();
  const events = engine.events.bind(engine);
  let isBroken = true;
  engine.events = (options) => {
    if (isBroken) throw new Error('connection lost');
    return events(options);
  };
  const workspace = await openWorkspace(t, engine);
  await waitUntil('the store', () => workspace.resources.getState().connectionError === 'connection lost');
  await engine.add({ name: 'meanwhile' });
  isBroken = false;
  await waitUntil('the store', () => workspace.containers.getState().byId.size === 1);
  assert.equal(workspace.resources.getState().connectionError, undefined);
});

test('no engine call is made while nothing changes, but for statistics of what is on screen', async (t) => {
  const engine = new FakeEngine();
  for (let i = 0; i < 30; i++) await engine.add({ name: `box-${i}` });
  // Events of the millisecond in which the screen opens count as later than its lists, and would be read again.
  const addedAtMs = Date.now();
  await waitUntil('the next millisecond', () => Date.now() > addedAtMs);
  const workspace = await openWorkspace(t, engine);
  workspace.view.setState({ listHeights: { containers: 5 } });
  const asked: number[] = [];
  const readStats = engine.containers.readStats.bind(engine.containers);
  engine.containers.readStats = (ids) => {
    asked.push(ids.length);
    return readStats(ids);
  };
  let others = 0;
  const count = <T>(promise: T): T => {
    others++;
    return promise;
  };
  const list = engine.containers.list.bind(engine.containers);
  const inspect = engine.containers.inspect.bind(engine.containers);
  engine.containers.list = (filter) => count(list(filter));
  engine.containers.inspect = (ref) => count(inspect(ref));
  await waitUntil('three ticks', () => asked.length >= 3);
  assert.deepEqual(new Set(asked), new Set([5]));
  assert.equal(others, 0);
});
