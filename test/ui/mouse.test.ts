import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

interface MouseScreen extends UiScreen {
  /** Presses and releases the button on the first cell of a text. */
  click(text: string): Promise<void>;
  wheel(direction: 'up' | 'down', text: string): Promise<void>;
}

async function openScreen(t: TestContext, columns = 120, rows = 40): Promise<MouseScreen> {
  const engine = new FakeEngine();
  for (let i = 0; i < 5; i++) await engine.add({ name: `box-${i}` });
  const screen = startUiScreen(engine, { columns, rows });
  t.after(() => screen.close());
  await screen.waitFor('▸box-4');
  const press = async (button: number, text: string) => {
    const lines = (await screen.waitFor(text)).split('\n');
    const y = lines.findIndex((line) => line.includes(text));
    const x = lines[y]?.indexOf(text) ?? -1;
    screen.press(`\x1b[<${button};${x + 1};${y + 1}M`);
    if (button === 0) screen.press(`\x1b[<0;${x + 1};${y + 1}m`);
  };
  return {
    ...screen,
    click: (text) => press(0, text),
    wheel: (direction, text) => press(direction === 'up' ? 64 : 65, text),
  };
}

test('a click selects a row, focuses a pane and switches a tab', async (t) => {
  const screen = await openScreen(t);
  await screen.click('box-2');
  await screen.waitFor('▸box-2');
  await screen.waitFor(/─ box-2 +\[Stats\]/);
  await screen.click('Inspect');
  await screen.waitFor('[Inspect]');
  await screen.click('busybox:latest');
  await screen.waitFor(/▸busybox:latest/);
});

test('a click on a key of the footer does what it says, and answers a question', async (t) => {
  const screen = await openScreen(t);
  await screen.click('s stop/start');
  await screen.waitFor('Stop box-4?');
  await screen.click('keep it');
  await screen.waitFor(/^(?![\s\S]*Stop box-4\?)/);
  await screen.click('s stop/start');
  await screen.waitFor('Stop box-4?');
  await screen.click('↵ y stop');
  await screen.waitFor(/box-4 .*err 143/);
  await screen.click('? help');
  await screen.waitFor('type to search');
  // Outside a dialog.
  await screen.click(' gantry');
  await screen.waitFor(/^(?![\s\S]*type to search)/);
});

test('a click on the title of a column sorts by it, another one turns the order round', async (t) => {
  const screen = await openScreen(t);
  await screen.click('NAME ');
  await screen.waitFor(/sort name ─[\s\S]*box-0[\s\S]*box-4/);
  await screen.click('NAME ');
  await screen.waitFor('sort name reversed');
  await screen.click('%   ');
  await screen.waitFor('sort cpu');
});

test('the wheel scrolls what is below it, and a menu', async (t) => {
  const screen = await openScreen(t);
  await screen.wheel('down', 'box-3');
  await screen.waitFor('▸box-1');
  await screen.wheel('up', 'box-3');
  await screen.waitFor('▸box-4');
  screen.press('o');
  await screen.waitFor('▸ created');
  await screen.wheel('down', 'created');
  await screen.waitFor('▸ name');
  await screen.click('state ');
  await screen.waitFor('▸ state');
  await screen.click('▸ state');
  await screen.waitFor('sort state');
});

test('rows are found where a list is scrolled, on small screens and without a frame', async (t) => {
  const screen = await openScreen(t, 60, 16);
  await screen.click('box-3');
  await screen.waitFor('▸box-3');
  screen.resize(38, 4);
  screen.press('G');
  await screen.waitFor(/^ ?box-3[\s\S]*▸box-0/m).catch(() => undefined);
  await screen.settle();
  await screen.click('box-1');
  await screen.waitFor('▸box-1');
});

test('M leaves the mouse to the terminal and takes it again, and the header says so', async (t) => {
  const screen = await openScreen(t);
  assert.equal(screen.xterm.modes.mouseTrackingMode, 'vt200');
  screen.press('M');
  await screen.waitFor(/^.* M mouse off/);
  assert.equal(screen.xterm.modes.mouseTrackingMode, 'none');
  screen.press('M');
  await screen.waitFor(/^(?!.*mouse off)/);
  assert.equal(screen.xterm.modes.mouseTrackingMode, 'vt200');
  await screen.close();
  await screen.text();
  assert.equal(screen.xterm.modes.mouseTrackingMode, 'none');
});
