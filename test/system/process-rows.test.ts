import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { readProcessRows } from '../../src/engine/containers/top.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { waitFor } from '../support/wait-for.js';

test('a process is shown with its command, parent, user, memory and start', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  try {
    await waitFor('the program to be sleep', () => readProcessStat(pid)?.name === 'sleep');
    const [row, ...rest] = readProcessRows([pid, 2 ** 22 + 1]);
    assert.deepEqual(rest, []);
    assert.equal(row?.command, 'sleep 60');
    assert.equal(row?.ppid, process.pid);
    assert.ok((row?.rssBytes ?? 0) > 4096);
    assert.ok(Math.abs((row?.startedAtMs ?? 0) - Date.now()) < 30_000);
    assert.match(row?.user ?? '', process.getuid?.() === 0 ? /^root$/ : /./);
    assert.ok((row?.cpuSeconds ?? -1) >= 0);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
