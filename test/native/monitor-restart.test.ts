import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

const NAMESPACES = ['clone', 'pid', 'mnt'] as const;

test('on-failure starts again with growing waits, as often as it may', requires('root'), async (t) => {
  const settings = [NAMESPACES, ['restart', 'on-failure', 3]] as const;
  const monitor = startMonitor(t, { command: ['sh', '-c', 'echo run; exit 7'], settings, firstClient: 1 });
  const exit = await monitor.firstClient?.waitForExit();
  await monitor.waitForEnd();
  assert.deepEqual(
    monitor.journal().map((line) => [line.event, line['final'], line['attempt'], line['delayMs']]),
    [
      ['start', undefined, undefined, undefined],
      ['exit', false, undefined, undefined],
      ['restarting', undefined, 1, 100],
      ['start', undefined, undefined, undefined],
      ['exit', false, undefined, undefined],
      ['restarting', undefined, 2, 200],
      ['start', undefined, undefined, undefined],
      ['exit', false, undefined, undefined],
      ['restarting', undefined, 3, 400],
      ['start', undefined, undefined, undefined],
      ['exit', true, undefined, undefined],
    ],
  );
  assert.equal(exit?.['exitCode'], 7);
  assert.equal(monitor.firstClient?.output(1).toString(), 'run\nrun\nrun\nrun\n');
  const times = monitor.journal().map((line) => Number(BigInt(String(line['atNs'])) / 1_000_000n));
  const pause = (index: number) => (times[index] ?? 0) - (times[index - 1] ?? 0);
  assert.ok(pause(3) >= 95 && pause(6) >= 195 && pause(9) >= 395, `${pause(3)} ${pause(6)} ${pause(9)}`);
});

test('on-failure does not start a program again that went well', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['true'], settings: [NAMESPACES, ['restart', 'on-failure', 0]] });
  assert.equal((await monitor.waitForLine('exit'))['final'], true);
});

test('frame 7 makes the exit of a running process the last', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'], settings: [NAMESPACES, ['restart', 'always', 0]] });
  await monitor.readStatus();
  const client = await monitor.attach(0);
  client.send(7);
  client.send(6, Buffer.from([9]));
  const exit = await client.waitForExit();
  assert.equal(exit['final'], true);
  await monitor.waitForEnd();
  assert.deepEqual(
    monitor.journal().map((line) => line.event),
    ['start', 'exit'],
  );
});

test('without frame 7 a killed process of policy always comes back', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'], settings: [NAMESPACES, ['restart', 'always', 0]] });
  await monitor.readStatus();
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  const second = await monitor.waitForLine('start', 2);
  const first = await monitor.waitForLine('start', 1);
  assert.notEqual(first['pid'], second['pid']);
});

test('frame 7 ends the wait for a restart, and the exit is told again as the last', requires('root'), async (t) => {
  const settings = [NAMESPACES, ['restart', 'always', 0]] as const;
  const monitor = startMonitor(t, { command: ['sh', '-c', 'exit 5'], settings });
  // By then the wait is 1.6 s long: time to say it.
  await monitor.waitForLine('restarting', 5);
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  client.send(7);
  const exit = await client.waitForExit();
  assert.deepEqual(client.answers().slice(0, 2), [{ error: 'ESRCH' }, { ok: true }]);
  assert.equal(exit['final'], true);
  assert.equal(exit['exitCode'], 5);
  await monitor.waitForEnd();
  assert.deepEqual(monitor.journal().at(-1), exit);
});

test('frame 10 changes the policy of a running container', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'], settings: [NAMESPACES, ['restart', 'no', 0]] });
  await monitor.readStatus();
  const client = await monitor.attach(0);
  client.send(10, 'on-failure 1');
  client.send(6, Buffer.from([9]));
  assert.equal((await monitor.waitForLine('exit'))['final'], false);
  await monitor.waitForLine('start', 2);
  client.send(10, 'no');
  client.send(6, Buffer.from([9]));
  assert.equal((await client.waitForExit())['final'], true);
});

test('a restart that cannot start is told and is the end', requires('root'), async (t) => {
  const { chmodSync, copyFileSync, mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = mkdtempSync(join(tmpdir(), 'gantry-monitor-gone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'program');
  copyFileSync('/bin/sleep', program);
  chmodSync(program, 0o755);
  const monitor = startMonitor(t, { command: [program, '100'], settings: [NAMESPACES, ['restart', 'always', 0]] });
  await monitor.readStatus();
  rmSync(program);
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  const failed = await monitor.waitForLine('failed');
  assert.equal(failed['operation'], 'exec');
  assert.equal(failed['errno'], 'ENOENT');
  assert.equal(failed['final'], true);
  assert.equal((await client.waitForExit())['final'], true);
  await monitor.waitForEnd();
});
