import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { signalProcess } from '../../src/platform/signal-process.js';

test('a signal reaches a process, and one that has ended is no failure', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  const { pid = 0 } = child;
  signalProcess(pid, 'SIGTERM');
  assert.deepEqual(await ended, [null, 'SIGTERM']);
  // Node has taken its status: the number is nobody's.
  assert.throws(() => process.kill(pid, 'SIGTERM'), { code: 'ESRCH' });
  signalProcess(pid, 'SIGTERM');
  signalProcess(pid, 9);
  assert.throws(() => signalProcess(process.pid, 1000), { code: 'EINVAL' });
});
