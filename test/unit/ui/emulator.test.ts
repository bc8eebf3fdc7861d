import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { stripStyles, textWidth } from '../../../src/ui/terminal/ansi-text.js';
import { type CellColours, selectCellColours } from '../../../src/ui/terminal/cell-style.js';
import { createEmulator } from '../../../src/ui/terminal/emulator.js';
import { emulatorRows } from '../../../src/ui/terminal/emulator-rows.js';

async function draw(t: TestContext, text: string, colours: CellColours = 256): Promise<readonly string[]> {
  const emulator = await createEmulator({ columns: 10, rows: 2, hasTerminal: true, onAnswer: () => undefined });
  t.after(() => emulator.close());
  await emulator.write(Buffer.from(text));
  return emulatorRows(emulator, { colours, showsCursor: false });
}

test('a row has as many cells as the terminal has columns, whatever is written', async (t) => {
  for (const text of ['plain', '日本語', '😀x😀', 'e\u0301e\u0301', '123456789日', '\x1b[1;31mred', '\x1b[9C日'])
    for (const row of await draw(t, text)) assert.equal(textWidth(row), 10, JSON.stringify(row));
});

test('a cell that is overwritten in half loses the other half', async (t) => {
  const [row = ''] = await draw(t, '日本\x1b[2Gx');
  assert.equal(stripStyles(row).trimEnd(), ' x本');
});

test('colours are those that the terminal of the screen can show', async (t) => {
  const text = '\x1b[31ma\x1b[38;5;208mb\x1b[38;2;250;10;12mc\x1b[48;2;128;128;128md';
  assert.match(
    (await draw(t, text, 16_777_216))[0] ?? '',
    /\[31ma.*\[38;5;208mb.*\[38;2;250;10;12mc.*48;2;128;128;128md/,
  );
  assert.match((await draw(t, text, 256))[0] ?? '', /\[31ma.*\[38;5;208mb.*\[38;5;196mc.*48;5;244md/);
  assert.match((await draw(t, text, 16))[0] ?? '', /\[31ma.*\[91mbc.*\[91;47md/);
  assert.equal((await draw(t, text, 0))[0], 'abcd      ');
});

test('attributes are kept without colour, and blinking is left out', async (t) => {
  assert.match(
    (await draw(t, '\x1b[1ma\x1b[0;2mb\x1b[0;3mc\x1b[0;4md\x1b[0;7me\x1b[0;9mf', 0))[0] ?? '',
    /\[1ma.*\[2mb.*\[3mc.*\[4md.*\[7me.*\[9mf/,
  );
  assert.equal((await draw(t, '\x1b[5mx', 0))[0], 'x         ');
});

test('how many colours there are is told by the environment', () => {
  assert.equal(selectCellColours({ TERM: 'xterm-256color' }), 256);
  assert.equal(selectCellColours({ TERM: 'xterm-256color', COLORTERM: 'truecolor' }), 16_777_216);
  assert.equal(selectCellColours({ TERM: 'linux' }), 16);
  assert.equal(selectCellColours({ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }), 0);
});
