import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startInTerminal } from '../support/terminal.js';

test('a program in the test terminal has a terminal of the given size, input and an exit code', async () => {
  const program = startInTerminal('/bin/sh', ['-c', 'stty size; read line; echo "got $line"; exit 3'], {
    columns: 50,
    rows: 7,
  });
  await program.waitFor(/7 50/);
  program.type('word\r');
  await program.waitFor('got word');
  assert.equal((await program.exited).exitCode, 3);
});
