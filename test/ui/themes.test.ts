import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startUiScreen, type UiScreen, type UiScreenOptions } from '../support/ui-screen.js';

async function openScreen(t: TestContext, options: UiScreenOptions = {}): Promise<UiScreen> {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const screen = startUiScreen(engine, options);
  t.after(() => screen.close());
  await screen.waitFor('box');
  return screen;
}

/** The 256-colour codes of all cells on the screen. */
async function coloursOf(screen: UiScreen): Promise<ReadonlySet<number>> {
  await screen.settle();
  const { active } = screen.xterm.buffer;
  const colours = new Set<number>();
  for (let y = 0; y < screen.xterm.rows; y++) {
    for (let x = 0; x < screen.xterm.cols; x++) {
      const cell = active.getLine(y)?.getCell(x);
      if (cell?.isFgPalette()) colours.add(cell.getFgColor());
      if (cell?.isBgPalette()) colours.add(cell.getBgColor());
    }
  }
  return colours;
}

const BORDER = { dark: 75, light: 26 };

test('a theme is chosen from the palette, takes effect at once, and is there the next time', async (t) => {
  const config = makeTemporaryFolder(t);
  const env = { TERM: 'xterm-256color', XDG_CONFIG_HOME: config };
  const screen = await openScreen(t, { env });
  assert.ok((await coloursOf(screen)).has(BORDER.dark));
  screen.press(':', 'colours', '\r');
  await screen.waitFor(/Theme[\s\S]*colour-blind +without red and green/);
  screen.press('j', '\r');
  await screen.waitFor(/^(?![\s\S]*Theme)/);
  const colours = await coloursOf(screen);
  assert.ok(colours.has(BORDER.light) && !colours.has(BORDER.dark));
  await screen.close();
  assert.equal(JSON.parse(readFileSync(join(config, 'gantry', 'screen.json'), 'utf8')).theme, 'light');
  assert.ok((await coloursOf(await openScreen(t, { env }))).has(BORDER.light));
  // What forbids colour is stronger than a choice that was made once, --theme stronger than both.
  assert.equal((await coloursOf(await openScreen(t, { env: { ...env, NO_COLOR: '1' } }))).size, 0);
  const asked = await openScreen(t, { env: { ...env, NO_COLOR: '1' }, theme: 'dark' });
  assert.ok((await coloursOf(asked)).has(BORDER.dark));
});

test('a theme of a user is used by its file, and one that is refused is named before the screen opens', async (t) => {
  const folder = makeTemporaryFolder(t);
  const path = join(folder, 'mine.json');
  writeFileSync(path, '{ "tokens": { "borderFocus": { "ink": 201 } } }');
  assert.ok((await coloursOf(await openScreen(t, { theme: path }))).has(201));
  writeFileSync(path, '{ "tokens": { "bordure": {} } }');
  const refused = startUiScreen(new FakeEngine(), { theme: path });
  await assert.rejects(refused.ended, { name: 'EngineError', message: /mine\.json: tokens has no field bordure/ });
  assert.equal(refused.writtenCharacters(), 0);
});

test('a kept theme that has gone is told, and the screen has that of the terminal', async (t) => {
  const config = makeTemporaryFolder(t);
  mkdirSync(join(config, 'gantry'));
  writeFileSync(join(config, 'gantry', 'screen.json'), '{ "theme": "sea" }');
  const screen = await openScreen(t, { env: { TERM: 'xterm-256color', XDG_CONFIG_HOME: config } });
  await screen.waitFor('there is no theme sea; there are dark, light, colour-blind, plain');
  assert.ok((await coloursOf(screen)).has(BORDER.dark));
});

test('the plain screen has no colour and is ASCII', async (t) => {
  const screen = await openScreen(t, { isPlain: true });
  assert.equal((await coloursOf(screen)).size, 0);
  assert.doesNotMatch(await screen.text(), /[^\x20-\x7e\n]/);
});

test('in ASCII the screen has the colours that it has', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'web' });
  const screen = startUiScreen(engine, { isAscii: true });
  try {
    const text = await screen.waitFor(/>web +\* up/);
    assert.doesNotMatch(text, /[^\x20-\x7e\n]/);
    const cell = screen.xterm.buffer.active.getLine(1)?.getCell(0);
    assert.ok(cell?.isFgPalette());
  } finally {
    await screen.close();
  }
});
