import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PullProgress } from '../../src/model/image.js';
import { guardEngine } from '../../src/store/read-only-engine.js';
import { isChanging } from '../../src/ui/commands/read-only.js';
import { KEYMAP } from '../../src/ui/keymap.js';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen } from '../support/ui-screen.js';

const LISTS = { containers: '1', images: '2', volumes: '3', networks: '4', tune: 'u' } as const;

test('on a read-only screen every command that changes something says so and does nothing', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  await engine.volumes.create({ name: 'data' });
  const happened = engine.journal.length;
  const screen = startUiScreen(engine, { isReadOnly: true });
  try {
    await screen.waitFor(/gantry fake-host │ read-only/);
    for (const [list, key] of Object.entries(LISTS)) {
      for (const { context, keys, command } of KEYMAP) {
        if (context !== list || !isChanging(command) || /^(ctrl|shift)-|^(left|right)$/.test(keys[0] ?? '')) continue;
        screen.press('1', key, keys[0] === 'enter' ? '\r' : (keys[0] ?? ''));
        await screen.waitFor(`the screen is read-only: ${command} is not done`);
      }
    }
    screen.press('5', '4');
    await screen.settle();
    assert.equal(engine.journal.length, happened);
  } finally {
    await screen.close();
  }
});

test('an empty read-only host offers what to do, and enter does not open the form', async () => {
  const screen = startUiScreen(new FakeEngine({ images: [] }), { isReadOnly: true });
  try {
    await screen.waitFor('The screen is read-only.');
    screen.press('\r');
    await screen.waitFor('the screen is read-only: open is not done');
  } finally {
    await screen.close();
  }
});

test('a guarded engine reads, and refuses what changes something', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'box' });
  const guarded = guardEngine(engine);
  assert.equal((await guarded.containers.inspect(id)).name, 'box');
  assert.equal((await guarded.images.list()).length, 1);
  assert.equal((await guarded.system.info()).name, 'fake-host');
  const refusal = { kind: 'permission-denied', message: 'the screen is read-only' };
  await assert.rejects(guarded.containers.remove(id, { force: true }), refusal);
  await assert.rejects(guarded.containers.update(id, { limits: { memoryBytes: 2 ** 23 } }), refusal);
  await assert.rejects(guarded.networks.create({ name: 'x' }), refusal);
  const pull: AsyncIterable<PullProgress> = guarded.images.pull('busybox');
  await assert.rejects(async () => {
    for await (const step of pull) assert.fail(step.phase);
  }, refusal);
  assert.equal((await engine.containers.list()).length, 1);
});
