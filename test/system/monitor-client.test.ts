import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectMonitor, type MonitorClient } from '../../src/engine/isolation/monitor-client.js';
import { startContainer } from '../support/isolated-container.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** Reads output until it ends with `text`. */
async function readUntil(client: MonitorClient, text: string): Promise<string> {
  let read = '';
  for await (const { bytes } of client.output) {
    read += Buffer.from(bytes).toString();
    if (read.endsWith(text)) return read;
  }
  throw new Error(`the output ended with ${JSON.stringify(read)}`);
}

test('a client that comes later writes, resizes and sees what the terminal shows', needs, async (t) => {
  const script = 'while read line; do stty size; echo "<$line>"; done';
  const container = await startContainer(t, ['sh', '-c', script], { config: { tty: true }, stdin: 'open' });
  const client = await connectMonitor(container.socket, { stdin: true, stdout: true });
  await client.resize(100, 30);
  await client.write(Buffer.from('hello\n'));
  const text = await readUntil(client, '<hello>\r\n');
  assert.match(text, /30 100\r\n<hello>\r\n$/);
  client.close();
});

test('a client without streams sends signals and learns of the exit', needs, async (t) => {
  const container = await startContainer(t, [
    'sh',
    '-c',
    'trap "exit 7" USR1; while :; do echo tick; sleep 0.05; done',
  ]);
  const client = await connectMonitor(container.socket, {});
  // Before the trap is set the signal would do nothing to a pid 1.
  await readUntil(await connectMonitor(container.socket, { stdout: true }), 'tick\n');
  await client.signal(10);
  assert.deepEqual(await client.exit, { exitCode: 7, signal: 0, oomKilled: false });
  await assert.rejects(connectMonitor(`${container.socket}-none`, {}), { kind: 'unavailable' });
});

test('a container that restarts ends for good once its next exit is final', needs, async (t) => {
  const config = { restartPolicy: { name: 'always' } } as const;
  const container = await startContainer(t, ['sh', '-c', 'echo run; sleep 0.01'], { config });
  const client = await connectMonitor(container.socket, { stdout: true });
  await readUntil(client, 'run\n');
  // With this policy alone it would go on.
  await client.setRestartPolicy({ name: 'unless-stopped' });
  await client.makeExitFinal();
  assert.equal((await client.exit)?.exitCode, 0);
});
