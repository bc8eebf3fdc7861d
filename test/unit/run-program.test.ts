import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../../src/platform/run-program.js';

test('a program is run to its end, its lines are told as they come, its stdout is whole', async () => {
  const lines: string[] = [];
  const options = { onLine: (line: string) => lines.push(line), env: { WORD: 'b' } };
  const result = await runProgram('/bin/sh', ['-c', 'echo a; echo $WORD >&2; echo $HOME; exit 3'], options);
  assert.deepEqual(result, { stdout: 'a\n\n', exitCode: 3 });
  assert.deepEqual(lines.toSorted(), ['', 'a', 'b']);
});

test('a program that is not there rejects with ENOENT', async () => {
  await assert.rejects(runProgram('/nowhere/program', []), { code: 'ENOENT' });
});

test('a program is ended by its signal', async () => {
  const signal = AbortSignal.timeout(50);
  await assert.rejects(runProgram('/bin/sleep', ['600'], { signal }), { isCanceled: true });
});

test('a program that a signal of others ends has exit code 255', async () => {
  assert.equal((await runProgram('/bin/sh', ['-c', 'kill -9 $$'])).exitCode, 255);
});
