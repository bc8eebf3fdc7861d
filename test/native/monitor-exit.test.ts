import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attachClient } from '../support/attach-client.js';
import { type MonitorOptions, type MonitorProcess, startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function isLocked(monitor: MonitorProcess): boolean {
  return spawnSync('flock', ['--nonblock', join(monitor.folder, 'lock'), 'true']).status !== 0;
}

function runningPid(line: Record<string, unknown>): number {
  return Number((line['started'] as Record<string, unknown>)['pid']);
}

async function exitOf(t: TestContext, options: MonitorOptions) {
  const monitor = startMonitor(t, options);
  const exit = await monitor.waitForLine('exit');
  await monitor.waitForEnd();
  return exit;
}

test('the exit line has the exit code of the program', requires('root'), async (t) => {
  const exit = await exitOf(t, { command: ['sh', '-c', 'exit 42'] });
  assert.equal(exit['exitCode'], 42);
  assert.equal(exit['signal'], 0);
  assert.equal(exit['final'], true);
  assert.equal(exit['oomKilled'], false);
});

test('the exit code of a program that a signal ended is 128 and the signal', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'] });
  await monitor.readStatus();
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  const exit = await client.waitForExit();
  assert.deepEqual(client.answers()[0], { ok: true });
  assert.equal(exit['exitCode'], 137);
  assert.equal(exit['signal'], 9);
  await monitor.waitForEnd();
  assert.deepEqual(monitor.journal().at(-1), exit, 'clients get the object of the journal line');
});

test('the status and the start line name the process by pid and start time', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'] });
  const started = (await monitor.readStatus())['started'] as Record<string, unknown>;
  const stat = readFileSync(`/proc/${started['pid']}/stat`, 'utf8');
  assert.equal(String(started['startTicks']), stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const line = await monitor.waitForLine('start');
  assert.equal(line['pid'], started['pid']);
  assert.match(readFileSync(`/proc/${monitor.pid}/comm`, 'utf8'), /^gantry:test/);
});

test('a program that cannot be executed is told by its errno, and nothing is left', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['/no/such/program'] });
  const failed = (await monitor.readStatus())['failed'] as Record<string, unknown>;
  assert.equal(failed['operation'], 'exec');
  assert.equal(failed['errno'], 'ENOENT');
  await monitor.waitForEnd();
  assert.equal(existsSync(join(monitor.folder, 'socket')), false);
  assert.deepEqual(monitor.journal(), []);
});

test('a second monitor does not get the lock', requires('root', 'command:flock'), async (t) => {
  const first = startMonitor(t, { command: ['sleep', '100'] });
  await first.readStatus();
  const settings = [
    ['clone', 'pid', 'mnt'],
    ['stdin', 'none'],
  ] as const;
  const second = startMonitor(t, { command: ['sleep', '100'], settings, lock: join(first.folder, 'lock') });
  const failed = (await second.readStatus())['failed'] as Record<string, unknown>;
  assert.equal(failed['operation'], 'lock');
  assert.equal(failed['errno'], 'EAGAIN');
});

test('signals from outside do not end the monitor', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'] });
  await monitor.readStatus();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGPIPE'] as const) {
    process.kill(monitor.pid, signal);
  }
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([15]));
  client.send(6, Buffer.from([9]));
  assert.equal((await client.waitForExit())['signal'] !== 0, true);
});

test(
  'a killed monitor takes the container with it and frees the lock',
  requires('root', 'command:flock'),
  async (t) => {
    const monitor = startMonitor(t, { command: ['sleep', '100'] });
    const pid = runningPid(await monitor.readStatus());
    assert.equal(isAlive(pid), true);
    assert.equal(isLocked(monitor), true);
    monitor.kill();
    await waitUntil('the end of the container', () => !isAlive(pid));
    await waitUntil('the lock', () => !isLocked(monitor));
  },
);

test(
  'when the container has ended its socket is gone and the lock is free',
  requires('root', 'command:flock'),
  async (t) => {
    const monitor = startMonitor(t, { command: ['true'] });
    await monitor.waitForEnd();
    assert.equal(existsSync(join(monitor.folder, 'socket')), false);
    assert.equal(isLocked(monitor), false);
  },
);

test('the container of a killed monitor dies too when it runs as another user', requires('root'), async (t) => {
  const environment = ['environment', `PATH=${process.env['PATH'] ?? ''}`] as const;
  const user = ['user', 65534, 65534] as const;
  const operations = [['root', '/'], ['pivot'], environment, user, ['exec', 'sleep', '100']] as const;
  const monitor = startMonitor(t, { command: [], operations });
  const pid = runningPid(await monitor.readStatus());
  assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\s+65534/m);
  monitor.kill();
  await waitUntil('the end of the container', () => !isAlive(pid));
});

test('a socket whose path is longer than an address can be is served', requires('root'), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), `gantry-${'long'.repeat(30)}-`));
  const link = `${tmpdir()}/gantry-link-${process.pid}`;
  symlinkSync(folder, link);
  t.after(() => {
    rmSync(link, { force: true });
    rmSync(folder, { recursive: true, force: true });
  });
  const monitor = startMonitor(t, { command: ['sleep', '100'], socket: join(folder, 'socket') });
  await monitor.readStatus();
  const client = attachClient(connect(join(link, 'socket')), 0);
  t.after(client.close);
  client.send(6, Buffer.from([9]));
  assert.equal((await client.waitForExit())['signal'], 9);
});

test('the exit command runs once the exit is in the journal, with its own environment', requires('root'), async (t) => {
  const note = join('/tmp', `gantry-exit-command-${process.pid}-${Date.now()}`);
  t.after(() => spawnSync('rm', ['-f', note]));
  const monitor = startMonitor(t, {
    command: ['sh', '-c', 'exit 3'],
    settings: [
      ['clone', 'pid', 'mnt'],
      ['exit-command', '/bin/sh', '-c', `env > ${note}.new; mv ${note}.new ${note}`],
      ['environment', 'SIGN=of life'],
    ],
  });
  await waitUntil('the exit command', () => existsSync(note));
  assert.match(readFileSync(note, 'utf8'), /^SIGN=of life$/m);
  assert.equal(monitor.journal().at(-1)?.event, 'exit');
});

test('output that a process of the host keeps open does not hold up the end', requires('root'), async (t) => {
  const monitor = startMonitor(t, {
    command: ['sh', '-c', 'sleep 5 & echo said'],
    settings: [['clone', 'mnt']],
    firstClient: 1,
  });
  const started = Date.now();
  await monitor.waitForEnd();
  assert.ok(Date.now() - started < 4000, 'the monitor waited for the other process');
  assert.equal(monitor.firstClient?.output(1).toString(), 'said\n');
});

test('the engine is told of the clone, and its going away ends the start', requires('root'), async (t) => {
  const settings = [['clone', 'pid', 'mnt'], ['handshake']] as const;
  const kept = startMonitor(t, { command: ['sleep', '100'], settings });
  kept.status.write('g');
  assert.ok('started' in (await kept.readStatus()));
  const left = startMonitor(t, { command: ['sleep', '100'], settings });
  left.status.end();
  const failed = (await left.readStatus())['failed'] as Record<string, unknown>;
  assert.equal(failed['operation'], 'handshake');
});

test('a plan that is none is refused', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['true'], settings: [['stdin', 'sideways']] });
  const failed = (await monitor.readStatus())['failed'] as Record<string, unknown>;
  assert.equal(failed['operation'], 'stdin');
});
