import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import type { PlanOperation } from '../../src/engine/isolation/init-plan-encoding.js';
import { GANTRY_INIT, startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

const needs = requires('root');

function operations(script: string): PlanOperation[] {
  return [
    ['root', '/'],
    ['mount', 'proc', 'proc', '/proc', 'strict'],
    ['pivot'],
    ['init'],
    ['environment', 'PATH=/usr/bin:/bin'],
    ['exec', 'sh', '-c', script],
  ];
}

test('the program of pid 1 in /proc is not the file itself, and shows nothing of the engine', needs, async (t) => {
  const monitor = startMonitor(t, { command: [], operations: operations('exec sleep 1000') });
  const { started } = (await monitor.readStatus()) as { started: { pid: number } };
  for (const pid of [monitor.pid, started.pid]) {
    // A sealed memfd, or the file through an overlay that nothing can be written to.
    assert.notEqual(statSync(`/proc/${pid}/exe`).dev, statSync(GANTRY_INIT).dev);
    assert.throws(() => openSync(`/proc/${pid}/exe`, 'r+'), { code: /^(EROFS|EPERM|EACCES|ETXTBSY)$/ });
    assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
  }
});

test('a container cannot write to the program that runs it (CVE-2019-5736)', needs, async (t) => {
  const before = sha256(GANTRY_INIT);
  const script = 'if (echo evil >/proc/1/exe) 2>/dev/null; then exit 3; else exit 4; fi';
  const monitor = startMonitor(t, { command: [], operations: operations(script) });
  const line = await monitor.waitForLine('exit');
  assert.equal(line['exitCode'], 4);
  assert.equal(sha256(GANTRY_INIT), before);
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
