import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { STDIN, STDOUT } from '../support/attach-client.js';
import { type MonitorOptions, startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

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

test('an exec ends with the container it is in', requires('root'), async (t) => {
  const container = await startContainer(t);
  const exec = startExec(t, container, { command: ['sleep', '100'] });
  await exec.readStatus();
  const client = await container.monitor.attach(0);
  client.send(6, Buffer.from([9]));
  assert.equal((await exec.waitForLine('exit'))['signal'], 9);
  await exec.waitForEnd();
});

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
