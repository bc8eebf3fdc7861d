import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHook } from '../../src/platform/run-hook.js';

test('a hook that leaves its input unread is as one that reads it', () => {
  // More than a socket holds, so that the hook has always ended before all is written.
  const input = 'x'.repeat(4 << 20);
  const run = (script: string) => runHook({ path: '/bin/sh', args: ['sh', '-c', script] }, '/', input);
  run('exit 0');
  assert.throws(() => run('exit 3'), { message: 'exit status 3, stdout: , stderr: ' });
  assert.throws(() => run('kill -9 $$'), { message: 'signal: SIGKILL, stdout: , stderr: ' });
  assert.throws(() => runHook({ path: '/no/such/hook' }, '/', input), /ENOENT/);
});
