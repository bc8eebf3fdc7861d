import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { STDIN, STDOUT } from '../support/attach-client.js';
import { type MonitorOptions, startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

async function startContainer(t: TestContext) {
  const monitor = startMonitor(t, { command: ['sleep', '100'], settings: [['clone', 'pid', 'mnt', 'uts']] });
  const started = (await monitor.readStatus())['started'] as { readonly pid: number; readonly startTicks: number };
  return { monitor, ...started };
}

/** The monitor of one more process in a running container. */
function startExec(
  t: TestContext,
  target: { readonly pid: number; readonly startTicks: number },
  options: MonitorOptions,
) {
  const settings = [['target', target.pid, target.startTicks], ...(options.settings ?? [])] as const;
  const environment = ['environment', `PATH=${process.env['PATH'] ?? ''}`] as const;
  return startMonitor(t, { ...options, settings, operations: [environment, ['exec', ...options.command]] });
}

test(
  'an exec has its own monitor, streams and exit code, in the namespaces of the container',
  requires('root'),
  async (t) => {
    const container = await startContainer(t);
    const command = ['sh', '-c', 'readlink /proc/self/ns/uts; cat; exit 6'];
    const exec = startExec(t, container, { command, settings: [['stdin', 'once']], firstClient: STDOUT | STDIN });
    exec.firstClient?.send(0, 'typed');
    exec.firstClient?.send(4);
    assert.equal((await exec.firstClient?.waitForExit())?.['exitCode'], 6);
    assert.equal(exec.firstClient?.output(1).toString(), `${readlinkSync(`/proc/${container.pid}/ns/uts`)}\ntyped`);
    assert.equal(
      container.monitor.journal().some((line) => line.event === 'exit'),
      false,
    );
  },
);

test(
  'an exec that hangs up gets SIGHUP when its client leaves, stopped or not; another one goes on',
  requires('root'),
  async (t) => {
    const container = await startContainer(t);
    const start = (stdin: string, script: string) =>
      startExec(t, container, {
        command: ['sh', '-c', script],
        settings: [
          ['stdin', stdin],
          ['terminal', 80, 24],
        ],
        firstClient: STDOUT | STDIN,
      });
    const kept = start('once', 'echo here; read -r line; read -r line');
    const [hung, stopped] = [start('hang-up', 'echo here; read -r line'), start('hang-up', 'echo here; kill -STOP $$')];
    for (const exec of [kept, hung, stopped]) {
      await exec.firstClient?.waitForOutput('here');
      exec.firstClient?.close();
    }
    assert.equal((await hung.waitForLine('exit'))['signal'], 1);
    assert.equal((await stopped.waitForLine('exit'))['signal'], 1);
    assert.equal(
      kept.journal().some((line) => line.event === 'exit'),
      false,
    );
  },
);

test('an exec ends with the container it is in', requires('root'), async (t) => {
  const container = await startContainer(t);
  const exec = startExec(t, container, { command: ['sleep', '100'] });
  await exec.readStatus();
  const client = await container.monitor.attach(0);
  client.send(6, Buffer.from([9]));
  assert.equal((await exec.waitForLine('exit'))['signal'], 9);
  await exec.waitForEnd();
});

test(
  'root of a container with its own users cannot look into an exec before it has executed',
  requires('root'),
  async (t) => {
    const container = startMonitor(t, {
      command: ['sh', '-c', 'while read -r pid; do readlink "/proc/$pid/exe" || echo refused; done'],
      settings: [
        ['clone', 'pid', 'mnt', 'user'],
        ['uid-map', '0 100000 65536\n'],
        ['gid-map', '0 100000 65536\n'],
        ['stdin', 'open'],
      ],
      firstClient: STDOUT | STDIN,
    });
    const target = (await container.readStatus())['started'] as { readonly pid: number; readonly startTicks: number };
    const exec = startExec(t, target, { command: ['sleep', '100'], settings: [['handshake']] });
    const pid = await exec.readCreated();
    const users = readlinkSync(`/proc/${target.pid}/ns/user`);
    await waitUntil('the exec is among the users', () => readlinkSync(`/proc/${pid}/ns/user`) === users);
    container.firstClient?.send(0, `${pid}\n`);
    await container.firstClient?.waitForOutput('\n');
    assert.equal(container.firstClient?.output(1).toString(), 'refused\n');
    // Once it has executed it is a process of the container like any other.
    exec.status.write('g');
    assert.ok('started' in (await exec.readStatus()));
    container.firstClient?.send(0, `${pid}\n`);
    await container.firstClient?.waitForOutput('sleep');
  },
);

test('an exec into a process that is another by now is refused', requires('root'), async (t) => {
  const container = await startContainer(t);
  const exec = startExec(t, { pid: container.pid, startTicks: container.startTicks + 1 }, { command: ['true'] });
  const failed = (await exec.readStatus())['failed'] as Record<string, unknown>;
  assert.equal(failed['operation'], 'target');
});

test('a process that an exec leaves in the background does not hold up its end', requires('root'), async (t) => {
  const container = await startContainer(t);
  const started = Date.now();
  const exec = startExec(t, container, { command: ['sh', '-c', 'sleep 50 & echo done'], firstClient: STDOUT });
  await exec.firstClient?.waitForExit();
  await exec.waitForEnd();
  assert.ok(Date.now() - started < 5000);
  assert.equal(exec.firstClient?.output(1).toString(), 'done\n');
  assert.equal(
    container.monitor.journal().some((line) => line.event === 'exit'),
    false,
  );
});
