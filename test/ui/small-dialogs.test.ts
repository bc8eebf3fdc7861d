import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EngineError } from '../../src/model/errors.js';
import { FakeEngine } from '../support/fake-engine.js';
import { expectTransfer } from '../support/fake-transfers.js';
import { openFrameScreen } from '../support/frame-screen.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

/** The smallest screen that has frames, with three containers of long names. */
async function openSmall(t: TestContext): Promise<UiScreen> {
  const engine = new FakeEngine();
  for (const name of ['a-web', 'b-web', 'c-web']) await engine.add({ name: `${name}-${'x'.repeat(30)}` });
  const screen = startUiScreen(engine, { columns: 40, rows: 10 });
  t.after(() => screen.close());
  await screen.waitFor('c-web');
  return screen;
}

test('the run form shows the field that has the cursor, and its keys, on few rows', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('R');
  await waitFor(/▸ name[\s\S]*↵ run/);
  press('\x1b[Z', '\x1b[Z');
  await waitFor(/▸ remove[\s\S]*↵ run/);
});

test('a question has its answers in sight, however long it is', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('\x01', 'D');
  await waitFor(/Remove by force [\s\S]*c-web-x+[\s\S]*↵ y remove by force {3}esc n keep it/);
});

test('several columns are listed on few rows', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('C');
  await waitFor(/NAME[\s\S]*STATE[\s\S]*CPU%[\s\S]*space on\/off/);
});

test('a long question is scrolled to its last row, and its answers stay', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('\x01', 'D');
  await waitFor(/1-\d+ of \d+ lines down up[\s\S]*↵ y remove by force/);
  press('\x1b[F');
  await waitFor(/-(\d+) of \1 lines[\s\S]*↵ y remove by force/);
  press('k');
  await waitFor(/-(\d+) of (?!\1)\d+ lines/);
});

test('an event in full is scrolled, and the arrows go to the others', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('V', 'create', '\r');
  await waitFor(/Event[\s\S]*time +\d{4}-[\s\S]*↵ back to the list/);
  press('\x1b[F');
  const last = await waitFor(/^(?![\s\S]*time )[\s\S]*↵ back to the list/);
  assert.match(last, /image|sleep|sha256|[0-9a-f]{8}/);
  press('\x1b[C', '\x1b[H', '\x1b[B', '\x1b[B');
  await waitFor(/b-web-x{17}/);
});

test('a text in front is read to its end, whatever it is broken into', async (t) => {
  const screen = await openFrameScreen(40, 10);
  t.after(() => screen.close());
  const lines = [
    'What is told in many words needs many rows where there are few cells for it.',
    `${'y'.repeat(60)}.end`,
  ];
  screen.workspace.view.setState({ dialog: { kind: 'text-view', title: 'Read', lines, top: 0 } });
  await screen.waitFor(/1-2 of \d lines/);
  screen.press('\x1b[F');
  await screen.waitFor(/y\.end[\s\S]*-(\d) of \1 lines/);
  screen.press('k');
  await screen.waitFor(/-(\d) of (?!\1)\d lines/);
});

test('the newest command is at the end of the command log, up goes back, and all of a line is there', async (t) => {
  const { press, waitFor } = await openSmall(t);
  for (let i = 0; i < 4; i++) {
    press('p');
    await waitFor(i % 2 === 0 ? '‖ paused' : /^(?![\s\S]*paused)/);
  }
  press('@');
  await waitFor(/Commands [\s\S]*unpause/);
  await waitFor(/✓ gantry unpause[\s\S]*x{8}[\s\S]* ms/);
  press('\x1b[H');
  await waitFor(/1-4 of \d+ lines[\s\S]*✓ gantry pause/);
});

test('help tells all of what a key does', async (t) => {
  const screen = startUiScreen(new FakeEngine());
  t.after(() => screen.close());
  await screen.waitFor('No containers yet');
  screen.press('?', 'compose');
  await screen.waitFor(
    /F {2}group by compose project; what is done to the row of a\s+│?│\n.*project is done to all of it/,
  );
});

test('of the chosen row of the palette all is told', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press(':', 'opnprt');
  await waitFor(/▸ open port +open a published[\s\S]*its address/);
});

test('a click below a chosen row of several finds the row that is there', async (t) => {
  const screen = await openFrameScreen(40, 10);
  t.after(() => screen.close());
  const chosen: string[] = [];
  const labels = ['a long name of which there is too much for one row', 'second', 'third'];
  const items = labels.map((label) => ({ label, choose: () => void chosen.push(label) }));
  screen.workspace.view.setState({ dialog: { kind: 'menu', title: 'Choose', items, index: 0 } });
  const rows = (await screen.waitFor(/too much[\s\S]*third/)).split('\n');
  const click = (text: string) => `\x1b[<0;10;${rows.findIndex((row) => row.includes(text)) + 1}M`;
  screen.press(click('third'));
  await screen.waitFor(/▸ third/);
  screen.press('\r');
  await screen.waitFor(/^(?![\s\S]*Choose)/);
  assert.deepEqual(chosen, ['third']);
});

test('what a transfer failed with is read to its end on few rows', async (t) => {
  const engine = new FakeEngine();
  const screen = startUiScreen(engine, { columns: 40, rows: 10 });
  t.after(() => screen.close());
  await screen.waitFor('No containers yet');
  const pull = expectTransfer(engine.images.transfers, 'pull', 'alpine:3.20');
  screen.press('2', 'p', 'alpine:3.20', '\r');
  await screen.waitFor('Pull alpine:3.20');
  pull.fail(new EngineError('internal', `denied: ${'you may not read this repository, '.repeat(4)}at all`));
  await screen.waitFor('denied: you');
  screen.press('\x1b[F');
  await screen.waitFor('at all');
});

test('why a key did nothing is read in full on narrow screens, and below 40x10 too', async (t) => {
  const { press, waitFor, resize } = await openSmall(t);
  press('d');
  await waitFor(/ ! c-web-x+ +\n.*runs: s stops it, D removes it by\s*\n +force/);
  resize(30, 6);
  await waitFor(/ ! c-web-x+ *\n[^\n]*$/);
  press('/', 'b-w');
  await waitFor(/▸b-web[\s\S]*filter \/b-w *$/);
  press('\x1b');
  await waitFor(/^(?![\s\S]*filter \/)[\s\S]*a-web/);
});
