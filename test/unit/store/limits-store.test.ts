import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.js';
import { createWorkspace } from '../../../src/store/workspace.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { waitUntil } from '../../support/wait-until.js';

const MIB = 2 ** 20;

async function setUp() {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'box', limits: { memoryBytes: 64 * MIB, nanoCpus: 5e8 } });
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal);
  await workspace.sync.ready;
  const container = () => {
    const found = workspace.containers.getState().byId.get(id);
    assert.ok(found !== undefined);
    return found;
  };
  return { engine, workspace, container, id, close: () => stop.abort() };
}

test('a draft is previewed, applied, read back and taken back', async () => {
  const { engine, workspace, container, id, close } = await setUp();
  const { limits } = workspace;
  limits.setDraft(container(), { memoryBytes: 128 * MIB });
  await waitUntil('the preview', () => limits.getState().preview?.outcome === 'ok');
  await limits.apply(container());
  assert.deepEqual(limits.getState().draft, {});
  assert.equal(container().limits.memoryBytes, 128 * MIB);
  // By the event, as for a change that another process makes.
  await waitUntil('the mark', () => workspace.events.getState().marks.get(id)?.at(-1)?.text === 'memory 64M → 128M');
  assert.equal(workspace.commands.getState().commands.at(-1)?.line, 'gantry update --memory 128m box');
  await limits.undoLast();
  assert.equal((await engine.containers.inspect(id)).limits.memoryBytes, 64 * MIB);
  assert.match(workspace.view.getState().status?.text ?? '', /^box memory 128M → 64M applied/);
  assert.equal(limits.getState().undo.length, 0);
  close();
});

test('a refused change keeps the draft, says why and leaves nothing to undo', async () => {
  const { workspace, container, close } = await setUp();
  const { limits } = workspace;
  limits.setDraft(container(), { memoryBytes: MIB });
  await waitUntil('the preview', () => limits.getState().preview?.outcome === 'refused');
  await limits.apply(container());
  assert.deepEqual(limits.getState().draft, { memoryBytes: MIB });
  assert.equal(limits.getState().undo.length, 0);
  assert.match(workspace.view.getState().status?.text ?? '', /Minimum memory limit/);
  assert.equal(workspace.commands.getState().commands.at(-1)?.outcome, 'failed');
  close();
});

test('live steps reach the engine by themselves and are undone in one', async () => {
  const { engine, workspace, container, id, close } = await setUp();
  const { limits } = workspace;
  limits.setState({ isLive: true });
  for (const mib of [80, 96, 112]) {
    limits.setDraft(container(), { memoryBytes: mib * MIB });
    await waitUntil('the store', () => container().limits.memoryBytes === mib * MIB);
  }
  assert.equal(limits.getState().undo.length, 1);
  await limits.undoLast();
  assert.equal((await engine.containers.inspect(id)).limits.memoryBytes, 64 * MIB);
  close();
});

test('taking a limit away can be taken back', async () => {
  const { engine, workspace, container, id, close } = await setUp();
  workspace.limits.setDraft(container(), { memoryBytes: null });
  await workspace.limits.apply(container());
  assert.equal((await engine.containers.inspect(id)).limits.memoryBytes, undefined);
  await workspace.limits.undoLast();
  assert.equal((await engine.containers.inspect(id)).limits.memoryBytes, 64 * MIB);
  close();
});

test('a live step below what is in use is held back, one above goes through', async () => {
  const { engine, workspace, container, id, close } = await setUp();
  const { limits } = workspace;
  limits.setState({ isLive: true });
  limits.setDraft(container(), { memoryBytes: 8 * MIB });
  await waitUntil('the word on it', () =>
    /applied after a question/.test(workspace.view.getState().status?.text ?? ''),
  );
  assert.equal((await engine.containers.inspect(id)).limits.memoryBytes, 64 * MIB);
  assert.deepEqual(limits.getState().draft, { memoryBytes: 8 * MIB });
  limits.setDraft(container(), { memoryBytes: 48 * MIB });
  await waitUntil('the store', () => container().limits.memoryBytes === 48 * MIB);
  close();
});

test('a limit above what the host has is told before it is written', async () => {
  const { workspace, container, close } = await setUp();
  const { limits } = workspace;
  limits.setDraft(container(), { memoryBytes: 2 ** 50 });
  await waitUntil('the preview', () => limits.getState().preview !== undefined);
  assert.equal(limits.getState().preview?.outcome, 'above-host');
  close();
});

test("a refusal of the kernel's is told with what its errno means", async () => {
  const { engine, workspace, container, close } = await setUp();
  const refuse = (message: string, code: string) => {
    engine.containers.update = () =>
      Promise.reject(new EngineError('internal', message, { cause: Object.assign(new Error(message), { code }) }));
  };
  const told = () => workspace.view.getState().status?.text;
  workspace.limits.setDraft(container(), { pidsMax: 7 });
  refuse('cannot write "7" to /sys/fs/cgroup/x/pids.max: EINVAL', 'EINVAL');
  await workspace.limits.apply(container());
  assert.equal(told(), 'cannot write "7" to /sys/fs/cgroup/x/pids.max: EINVAL: invalid argument');
  refuse('too much in use', 'EBUSY');
  await workspace.limits.apply(container());
  assert.equal(told(), 'too much in use (EBUSY: resource busy or locked)');
  close();
});
