import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodePlan, type PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NAMESPACES = ['clone', 'pid', 'mnt', 'uts'] as const;

interface Rules {
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly startIntervalMs?: number;
  readonly retries?: number;
}

function healthSetting(script: string, rules: Rules = {}): PlanSetting {
  const probe = encodePlan({
    settings: [['id', 'probe']],
    operations: [
      ['environment', `PATH=${process.env['PATH'] ?? ''}`],
      ['exec', 'sh', '-c', script],
    ],
  });
  const { intervalMs = 20, timeoutMs = 5000, startPeriodMs = 0, startIntervalMs = 10, retries = 3 } = rules;
  return ['health', intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries, probe];
}

function startWithProbe(t: TestContext, script: string, rules?: Rules) {
  return startMonitor(t, { command: ['sleep', '100'], settings: [NAMESPACES, healthSetting(script, rules)] });
}

test('a probe runs inside the container and makes it healthy', requires('root'), async (t) => {
  const monitor = startWithProbe(t, 'echo pid $$; readlink /proc/self/ns/uts; echo late >&2');
  const started = (await monitor.readStatus())['started'] as Record<string, unknown>;
  const line = await monitor.waitForLine('health');
  assert.equal(line['status'], 'healthy');
  assert.equal(line['exitCode'], 0);
  assert.equal(line['failingStreak'], 0);
  const namespace = readlinkSync(`/proc/${started['pid']}/ns/uts`);
  assert.match(String(line['output']), new RegExp(`^pid \\d+\\n${namespace.replace(/[[\]]/g, '\\$&')}\\nlate\\n$`));
  assert.ok(BigInt(String(line['startedAtNs'])) <= BigInt(String(line['atNs'])));
  await monitor.waitForLine('health', 3);
});

test('a container is unhealthy after as many failures as may be, and healthy again', requires('root'), async (t) => {
  const flag = `/tmp/gantry-health-${process.pid}-${Date.now()}`;
  t.after(() => rmSync(flag, { force: true }));
  const monitor = startWithProbe(t, `test -e ${flag} || { echo no; exit 3; }`, { retries: 2 });
  await monitor.waitForLine('health', 2);
  const [first, second] = monitor.journal().filter((line) => line.event === 'health');
  assert.deepEqual([first?.['status'], first?.['exitCode'], first?.['failingStreak']], ['starting', 3, 1]);
  assert.deepEqual([second?.['status'], second?.['exitCode'], second?.['failingStreak']], ['unhealthy', 3, 2]);
  assert.equal(second?.['output'], 'no\n');
  writeFileSync(flag, '');
  await waitUntil('health', () => monitor.journal().some((line) => line['status'] === 'healthy'));
});

test('failures in the start period do not count', requires('root'), async (t) => {
  const monitor = startWithProbe(t, 'exit 1', { intervalMs: 60_000, startPeriodMs: 60_000, retries: 1 });
  const line = await monitor.waitForLine('health', 4);
  assert.deepEqual([line['status'], line['failingStreak']], ['starting', 0]);
});

test('a probe that takes too long is killed and counts as a failure', requires('root'), async (t) => {
  const rules = { timeoutMs: 150, intervalMs: 20, retries: 1 };
  const mark = `8${process.pid}`;
  const monitor = startWithProbe(t, `echo so far; exec sleep ${mark}`, rules);
  const line = await monitor.waitForLine('health');
  assert.deepEqual([line['status'], line['exitCode']], ['unhealthy', -1]);
  assert.equal(line['output'], 'Health check exceeded timeout (150ms): so far\n');
  const count = () => commandLines().filter((text) => text === `sleep\0${mark}\0`).length;
  await monitor.waitForLine('health', 3);
  assert.ok(count() <= 1, 'probes that were given up still run');
});

test('output of a probe is cut at 4096 bytes', requires('root'), async (t) => {
  const monitor = startWithProbe(t, 'yes x | head -c 100000');
  const line = await monitor.waitForLine('health');
  assert.equal(line['exitCode'], 0);
  assert.equal(line['output'], `${'x\n'.repeat(2048)}...`);
});

test('a probe whose program is missing says so', requires('root'), async (t) => {
  const probe = encodePlan({ settings: [['id', 'probe']], operations: [['exec', '/no/such/probe']] });
  const settings = [NAMESPACES, ['health', 20, 1000, 0, 10, 1, probe]] as const;
  const monitor = startMonitor(t, { command: ['sleep', '100'], settings });
  const line = await monitor.waitForLine('health');
  assert.deepEqual([line['status'], line['exitCode']], ['unhealthy', -1]);
  assert.match(String(line['output']), /exec.*no\/such\/probe.*No such file/);
});

test('a running probe does not hold up the end of the container, and none is left', requires('root'), async (t) => {
  const mark = `9${process.pid}`;
  const monitor = startWithProbe(t, `exec sleep ${mark}`, { timeoutMs: 60_000 });
  await waitUntil('the probe', () => commandLines().some((text) => text === `sleep\0${mark}\0`));
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  await client.waitForExit();
  await monitor.waitForEnd();
  await waitUntil('the end of the probe', () => !commandLines().some((text) => text === `sleep\0${mark}\0`));
  assert.equal(existsSync(join(monitor.folder, 'socket')), false);
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // The process has ended since the folder was listed.
        return '';
      }
    });
}
