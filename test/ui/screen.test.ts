import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen } from '../support/ui-screen.js';

async function engineWith(count: number): Promise<FakeEngine> {
  const engine = new FakeEngine();
  for (let i = 0; i < count; i++) await engine.add({ name: `box-${i}` });
  return engine;
}

test('the list shows a container that comes in by an event', async () => {
  const engine = await engineWith(1);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    await engine.add({ name: 'late' });
    await screen.waitFor(/late .*up/);
  } finally {
    await screen.close();
  }
});

test('keys that come in one chunk are handled one by one', async () => {
  const screen = startUiScreen(await engineWith(5));
  try {
    await screen.waitFor('box-0');
    screen.press('jjj');
    await screen.waitFor(/▸box-1/);
  } finally {
    await screen.close();
  }
});

test('stop asks first, names the container, and does nothing when refused', async () => {
  const engine = await engineWith(1);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    screen.press('s');
    await screen.waitFor('Stop box-0?');
    screen.press('n');
    await screen.waitFor(/^(?![\s\S]*Stop box-0\?)/);
    assert.equal((await engine.containers.inspect('box-0')).state.status, 'running');
    screen.press('s', '\r');
    await screen.waitFor(/err 143/);
    assert.equal((await engine.containers.inspect('box-0')).state.status, 'exited');
  } finally {
    await screen.close();
  }
});

test('a dialog closes without a trace on the panes below it', async () => {
  const engine = await engineWith(3);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    screen.press('?');
    await screen.waitFor('type to search');
    screen.press('\x1b');
    const after = await screen.waitFor(/^(?![\s\S]*type to search)/);
    assert.match(after, /box-0/);
    assert.match(after, /\[Stats\]/);
  } finally {
    await screen.close();
  }
});

test('every size from 1x1 to 200x60 is drawn without a failure, and resizing keeps the selection', async () => {
  const screen = startUiScreen(await engineWith(4));
  try {
    await screen.waitFor('box-0');
    screen.press('j');
    await screen.waitFor('▸box-2');
    for (const [columns, rows] of [
      [1, 1],
      [2, 3],
      [9, 2],
      [39, 9],
      [40, 10],
      [60, 16],
      [120, 40],
      [200, 60],
      [90, 50],
      [120, 24],
      [80, 24],
    ] as const) {
      screen.resize(columns, rows);
      await delay(80);
      const text = await screen.text();
      assert.equal(text.split('\n').length, rows);
    }
    await screen.waitFor('▸box-2');
  } finally {
    await screen.close();
  }
});

test('nothing is written while nothing changes', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'made' }, false);
  // The clock stands still: ages are a change too.
  const screen = startUiScreen(engine, { now: () => 1_800_000_000_000 });
  try {
    await screen.waitFor('made');
    await screen.settle();
    const before = screen.writtenCharacters();
    // Longer than a tick of the statistics.
    await delay(1500);
    assert.equal(screen.writtenCharacters() - before, 0);
  } finally {
    await screen.close();
  }
});

test('the memory slider writes, reads back, and z takes it back', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box', limits: { memoryBytes: 256 * 2 ** 20 } });
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  try {
    await screen.waitFor('box');
    screen.press('u');
    await screen.waitFor(/▸memory/);
    screen.press('\x1b[C', '\x1b[C');
    await screen.waitFor('256M → 384M');
    screen.press('\r');
    await screen.waitFor(/memory 256M → 384M applied in .* ms, read back/);
    assert.equal((await engine.containers.inspect('box')).limits.memoryBytes, 384 * 2 ** 20);
    screen.press('z');
    await screen.waitFor(/memory 384M → 256M applied/);
    assert.equal((await engine.containers.inspect('box')).limits.memoryBytes, 256 * 2 ** 20);
    screen.press('512m', '\r', '\r');
    await screen.waitFor(/memory 256M → 512M applied/);
  } finally {
    await screen.close();
  }
});

test('q leaves the alternate screen and ends', async () => {
  const screen = startUiScreen(await engineWith(1));
  await screen.waitFor('box-0');
  screen.press('q');
  await screen.ended;
  await screen.text();
  assert.equal(screen.xterm.buffer.active.type, 'normal');
});
