import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScreenChoices } from '../../src/cli/run-cli.js';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand } from '../support/run-command.js';

const terminal = { columns: 80, rows: 24 };

test('flags of the screen come to the screen', async () => {
  const asked: ScreenChoices[] = [];
  const run = (...words: readonly string[]) =>
    runCommand(new FakeEngine(), words, { terminal, onScreen: (choices) => asked.push(choices) });
  await run();
  await run('--plain', '--theme', 'light');
  await run('--read-only', '--ascii');
  assert.deepEqual(asked, [
    { isAscii: false, isPlain: false, isReadOnly: false },
    { isAscii: false, isPlain: true, isReadOnly: false, theme: 'light' },
    { isAscii: true, isPlain: false, isReadOnly: true },
  ]);
});

for (const flag of ['--ascii', '--plain', '--theme=light', '--read-only']) {
  test(`${flag} is refused with a command, before any engine is asked for`, async () => {
    const asked: unknown[] = [];
    const result = await runCommand(new FakeEngine(), [flag, 'ps'], { onOpen: (location) => asked.push(location) });
    assert.deepEqual([result.code, result.stdout, asked], [1, '', []]);
    const name = flag.split('=')[0];
    assert.equal(result.stderr, `gantry: ${name} is of the screen, which is what gantry is without a command\n`);
  });
}
