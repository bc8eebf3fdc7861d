import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '../../src/model/errors.js';
import type { Command } from '../../src/ui/command.js';
import { dialogContext } from '../../src/ui/dialogs/dialog-context.js';
import { activeContexts, type Binding, findBinding, KEYMAP } from '../../src/ui/keymap.js';
import { assertGolden } from '../support/golden.js';
import { openKeyWorld } from '../support/key-world.js';

/** Keys that are pressed before the key of a command, where it has nothing to do otherwise. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  'mark-none': ['space'],
  'mark-range': ['space'],
  back: ['/', 'o', 'enter'],
  smaller: ['+'],
  undo: ['p'],
  'tune-apply': ['right'],
  'graph-in': ['-'],
  'graph-reset': ['-'],
  'log-left': ['right'],
  'text-left': ['right'],
  'log-tail': ['1'],
  'log-next': ['/', 'n', 'e', 'e', 'd', 'enter'],
  'log-previous': ['/', 'n', 'e', 'e', 'd', 'enter', 'f'],
  'tree-stack': ['1'],
  'pane-1': ['2'],
  'graph-right': ['left'],
  'graph-right-ten': ['shift-left'],
  'session-previous': ['e'],
  'session-next': ['e', '['],
  sessions: ['e', '1'],
  'previous-tab': [']'],
  'menu-up': ['down'],
  'menu-page-up': ['end'],
  'menu-first': ['down'],
  'column-toggle': ['esc', 'C', 'down'],
  'columns-all': ['esc', 'C', 'down', 'space'],
  'form-page-down': ['esc', ':'],
  'form-page-up': ['esc', ':', 'end'],
  // What was chosen stays where it is at the end of a list.
  first: ['down'],
  'half-up': ['down'],
  'page-up': ['down'],
};

/** What needs a transfer that runs or has failed: transfers.test.ts presses these. */
const OF_TRANSFERS: ReadonlySet<Command> = new Set<Command>(['transfer-cancel', 'transfer-again', 'transfer-login']);

const short = (text: string | undefined) =>
  text === undefined ? '-' : text.length > 60 ? `${text.slice(0, 59)}…` : text;

/** What the first key of a binding changes, as lines; no other key of it may do something else. */
async function effectOf(binding: Binding): Promise<string> {
  const [first = '', ...others] = binding.keys;
  const effects = await Promise.all(
    [first, ...others].map(async (key) => {
      const world = await openKeyWorld(binding.context);
      try {
        await world.press(...(BEFORE[binding.command] ?? []));
        const view = world.workspace.view.getState();
        const contexts = view.dialog === undefined ? activeContexts(view) : [dialogContext(view.dialog)];
        assert.equal(findBinding(contexts, key)?.command, binding.command, `${key} in ${contexts.join(', ')}`);
        const before = world.describe();
        await world.press(key);
        const after = world.describe();
        const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
        return paths
          .filter((path) => before[path] !== after[path])
          .map((path) => `  ${path}: ${short(before[path])} > ${short(after[path])}`)
          .join('\n');
      } finally {
        world.close();
      }
    }),
  );
  assert.ok(effects[0] !== '', `${first} (${binding.command} in ${binding.context}) does nothing`);
  for (const effect of effects) assert.equal(effect, effects[0], `the keys ${binding.keys.join(' ')} differ`);
  return `${binding.context} ${binding.keys.join(' ')} ${binding.command}\n${effects[0]}\n`;
}

test('every key of the table does what test/golden/keys.txt says', async () => {
  const bound = KEYMAP.filter(({ keys, command }) => keys.length > 0 && !OF_TRANSFERS.has(command));
  const lines: string[] = [];
  const failures: string[] = [];
  for (const binding of bound) {
    try {
      lines.push(await effectOf(binding));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  assert.deepEqual(failures, []);
  assertGolden('keys.txt', `${lines.join('\n')}`);
});

test('the screen is drawn anew and left for the shell while a dialog is open or something is typed', async () => {
  for (const before of [['?'], ['/', 'o'], ['R'], ['s']]) {
    const world = await openKeyWorld('containers');
    try {
      await world.press(...before, 'ctrl-l', 'ctrl-z');
      const { 'calls.0': first, 'calls.1': second, ...state } = world.describe();
      assert.deepEqual([first, second], ['redraw', 'suspend']);
      assert.ok(state['view.dialog.kind'] !== undefined || state['view.prompt.text'] === 'o', before.join(' '));
    } finally {
      world.close();
    }
  }
});
