import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paletteRows } from '../../src/ui/dialogs/help-rows.js';
import { isDialogContext, KEYMAP } from '../../src/ui/keymap.js';
import { FakeEngine } from '../support/fake-engine.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startUiScreen } from '../support/ui-screen.js';

const firstOf = (query: string) => paletteRows(query, KEYMAP)[0]?.command;

test('the palette finds a command by letters of its name, the nearest first', () => {
  assert.equal(firstOf('tune'), 'tune');
  assert.equal(firstOf('rstart'), 'restart');
  assert.equal(firstOf('crvol'), 'create-volume');
  assert.equal(firstOf('opport'), 'open-port');
  // By a word of its help alone.
  assert.equal(firstOf('clipboard'), 'copy');
  assert.deepEqual(paletteRows('qqq', KEYMAP), []);
});

test('without a query what was chosen last comes first, each command once', () => {
  const rows = paletteRows('', KEYMAP, ['theme', 'kill', 'no-more']);
  assert.deepEqual(
    rows.slice(0, 3).map(({ command }) => command),
    ['theme', 'kill', KEYMAP[0]?.command],
  );
  const commands = rows.map(({ command }) => command);
  assert.equal(new Set(commands).size, commands.length);
  const offered = KEYMAP.filter(({ context }) => !isDialogContext(context));
  assert.equal(commands.length, new Set(offered.map(({ command }) => command)).size);
});

test('what was chosen in the palette is its first row, also the next time', async (t) => {
  const env = { TERM: 'xterm-256color', XDG_CONFIG_HOME: makeTemporaryFolder(t) };
  const open = async () => {
    const engine = new FakeEngine();
    await engine.add({ name: 'box' });
    const screen = startUiScreen(engine, { env });
    t.after(() => screen.close());
    await screen.waitFor('box');
    return screen;
  };
  const first = await open();
  first.press(':', 'clip', '\r');
  await first.waitFor('copied');
  first.press(':');
  await first.waitFor('▸ copy ');
  await first.close();
  const next = await open();
  next.press(':');
  await next.waitFor('▸ copy ');
});

test('z takes back what was done last: a pause, a stop, a connection', async (t) => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const screen = startUiScreen(engine);
  t.after(() => screen.close());
  const status = async () => (await engine.containers.inspect('box')).state.status;
  await screen.waitFor('box');
  screen.press('z');
  await screen.waitFor('nothing to undo');
  screen.press('p');
  await screen.waitFor('box paused');
  screen.press('z');
  await screen.waitFor('box runs on');
  assert.equal(await status(), 'running');
  screen.press('s');
  await screen.waitFor('Stop box?');
  screen.press('y');
  await screen.waitFor('box stopped');
  screen.press('z');
  await screen.waitFor('box started');
  assert.equal(await status(), 'running');
  screen.press('z');
  await screen.waitFor('nothing to undo');
});
