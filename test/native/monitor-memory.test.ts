import assert from 'node:assert/strict';
import { openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

test('twenty monitors take less than 75 kB each', requires('root', 'command:musl-gcc'), async (t) => {
  const monitors = Array.from({ length: 20 }, () => startMonitor(t, { command: ['sleep', '100'] }));
  await Promise.all(monitors.map((monitor) => monitor.readStatus()));
  const sizes = monitors.map(({ pid }) =>
    Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]),
  );
  const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  t.diagnostic(`${average} kB each`);
  assert.ok(average > 0 && average < 75, `${average} kB each`);
});

test("a monitor's program cannot be opened for writing", requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'] });
  await monitor.readStatus();
  assert.throws(() => openSync(`/proc/${monitor.pid}/exe`, 'r+'), /EROFS|ETXTBSY|EPERM/);
});
