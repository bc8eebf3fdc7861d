import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { STDERR, STDIN, STDOUT } from '../support/attach-client.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NAMESPACES = ['clone', 'pid', 'mnt'] as const;

test('the first client gets the output from the first byte, by stream', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sh', '-c', 'echo out; echo err >&2'], firstClient: STDOUT | STDERR });
  await monitor.firstClient?.waitForExit();
  assert.equal(monitor.firstClient?.output(1).toString(), 'out\n');
  assert.equal(monitor.firstClient?.output(2).toString(), 'err\n');
});

test('a client gets only the streams it asked for', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sh', '-c', 'echo out; echo err >&2'], firstClient: STDERR });
  await monitor.firstClient?.waitForExit();
  assert.equal(monitor.firstClient?.output(1).length, 0);
  assert.equal(monitor.firstClient?.output(2).toString(), 'err\n');
});

test('stdin goes to the process, and its end too', requires('root'), async (t) => {
  const settings = [NAMESPACES, ['stdin', 'open']] as const;
  const monitor = startMonitor(t, { command: ['cat'], settings, firstClient: STDOUT | STDIN });
  monitor.firstClient?.send(0, 'one\n');
  await monitor.firstClient?.waitForOutput('one\n');
  monitor.firstClient?.send(0, 'two');
  monitor.firstClient?.send(4);
  assert.equal((await monitor.firstClient?.waitForExit())?.['exitCode'], 0);
  assert.equal(monitor.firstClient?.output(1).toString(), 'one\ntwo');
});

test('stdin that is sent and closed before the process is there arrives', requires('root'), async (t) => {
  const settings = [NAMESPACES, ['stdin', 'open'], ['handshake']] as const;
  const monitor = startMonitor(t, { command: ['cat'], settings, firstClient: STDOUT | STDIN });
  monitor.firstClient?.send(0, 'early');
  monitor.firstClient?.send(4);
  monitor.status.write('g');
  await monitor.firstClient?.waitForExit();
  assert.equal(monitor.firstClient?.output(1).toString(), 'early');
});

test('stdin once ends when the client that had it leaves; open stays', requires('root'), async (t) => {
  const once = startMonitor(t, {
    command: ['cat'],
    settings: [NAMESPACES, ['stdin', 'once']],
    firstClient: STDOUT | STDIN,
  });
  await once.readStatus();
  once.firstClient?.close();
  assert.equal((await once.waitForLine('exit'))['exitCode'], 0);

  const open = startMonitor(t, {
    command: ['cat'],
    settings: [NAMESPACES, ['stdin', 'open']],
    firstClient: STDOUT | STDIN,
  });
  await open.readStatus();
  open.firstClient?.send(0, 'from the first\n');
  await open.firstClient?.waitForOutput('first');
  open.firstClient?.close();
  const second = await open.attach(STDOUT | STDIN);
  second.send(0, 'from the second\n');
  await second.waitForOutput('from the second\n');
});

test('a client that attaches later, and again, gets what is written from then on', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['cat'], settings: [NAMESPACES, ['stdin', 'open']] });
  await monitor.readStatus();
  for (const word of ['first', 'second']) {
    const client = await monitor.attach(STDOUT | STDIN);
    client.send(0, `${word}\n`);
    await client.waitForOutput(`${word}\n`);
    assert.equal(client.output(1).toString(), `${word}\n`);
    client.close();
  }
});

test('a client that does not read is dropped while the other gets everything', requires('root'), async (t) => {
  const bytes = 32 * 1024 * 1024;
  const settings = [NAMESPACES, ['stdin', 'open']] as const;
  const command = ['sh', '-c', `read go; yes 0123456789abcdef | head -c ${bytes}; read end`];
  const monitor = startMonitor(t, { command, settings, firstClient: STDOUT | STDIN });
  const slow = await monitor.attach(STDOUT);
  await monitor.readStatus();
  // An answer proves that the hello was read.
  slow.send(10, 'no');
  await waitUntil('the answer', () => slow.answers().length === 1);
  slow.pause();
  monitor.firstClient?.send(0, '\n');
  const seen = () =>
    monitor.firstClient?.frames.reduce((sum, frame) => sum + (frame.type === 1 ? frame.payload.length : 0), 0);
  await waitUntil('all of the output', () => seen() === bytes, 30_000);
  slow.resume();
  await waitUntil('the end of the slow client', slow.isClosed);
  assert.ok(slow.output(1).length < bytes);
  monitor.firstClient?.send(0, '\n');
  await monitor.firstClient?.waitForExit();
});

test('a client that is late loses nothing, and the end of the container waits for it', requires('root'), async (t) => {
  const bytes = 6 * 1024 * 1024;
  const monitor = startMonitor(t, {
    command: ['sh', '-c', `yes 0123456789abcdef | head -c ${bytes}`],
    firstClient: STDOUT,
  });
  const client = monitor.firstClient;
  await client?.waitForOutput('0123456789abcdef');
  for (let pause = 0; pause < 5; pause += 1) {
    client?.pause();
    await delay(150);
    client?.resume();
    await delay(20);
  }
  const exit = await client?.waitForExit();
  assert.equal(exit?.['exitCode'], 0);
  assert.equal(client?.output(1).length, bytes);
});

test('a client that reads only after the end gets the rest and the exit', requires('root'), async (t) => {
  const bytes = 1_400_000;
  const command = ['sh', '-c', `head -c ${bytes} /dev/zero`];
  const monitor = startMonitor(t, { command, settings: [NAMESPACES, ['handshake']], firstClient: STDOUT });
  const client = monitor.firstClient;
  client?.pause();
  monitor.status.write('g');
  await monitor.waitForLine('exit');
  // Longer than a client may hold up a container that runs.
  await delay(1500);
  client?.resume();
  assert.equal((await client?.waitForExit())?.['exitCode'], 0);
  assert.equal(client?.output(1).length, bytes);
  await monitor.waitForEnd();
});

test('what a client sent before it left still reaches the process', requires('root', 'command:wc'), async (t) => {
  const settings = [NAMESPACES, ['stdin', 'once']] as const;
  const command = ['sh', '-c', 'sleep 0.3; wc -c'];
  const monitor = startMonitor(t, { command, settings });
  await monitor.readStatus();
  const watcher = await monitor.attach(STDOUT);
  const leaver = await monitor.attach(STDIN);
  for (let i = 0; i < 20; i += 1) {
    leaver.send(0, Buffer.alloc(50_000, 'x'));
  }
  leaver.end();
  await watcher.waitForExit();
  assert.equal(watcher.output(1).toString().trim(), '1000000');
});

test('a process that does not read its stdin holds up its client and nobody else', requires('root'), async (t) => {
  const settings = [NAMESPACES, ['stdin', 'open']] as const;
  const command = ['sh', '-c', 'while ! [ -e /proc/self/fd/9 ]; do echo tick; sleep 0.02; done'];
  const monitor = startMonitor(t, { command, settings, firstClient: STDIN });
  await monitor.readStatus();
  const other = await monitor.attach(STDOUT);
  monitor.firstClient?.send(0, Buffer.alloc(4 * 1024 * 1024, 'x'));
  await waitUntil('ticks', () => other.output(1).toString().split('\n').length > 10);
  other.send(6, Buffer.from([9]));
  assert.equal((await other.waitForExit())['signal'], 9);
});

test('many megabytes pass through stdin unchanged', requires('root', 'command:sha256sum'), async (t) => {
  const { createHash, randomBytes } = await import('node:crypto');
  const settings = [NAMESPACES, ['stdin', 'open']] as const;
  const monitor = startMonitor(t, { command: ['sha256sum'], settings, firstClient: STDOUT | STDIN });
  const bytes = randomBytes(8 * 1024 * 1024 + 3);
  for (let offset = 0; offset < bytes.length; offset += 100_000) {
    monitor.firstClient?.send(0, bytes.subarray(offset, offset + 100_000));
  }
  monitor.firstClient?.send(4);
  await monitor.firstClient?.waitForExit();
  assert.equal(
    monitor.firstClient?.output(1).toString().split(' ')[0],
    createHash('sha256').update(bytes).digest('hex'),
  );
});

test('answers come in order, with the name of the error', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'] });
  await monitor.readStatus();
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([0]));
  client.send(10, 'no 0');
  client.send(10, 'sometimes');
  client.send(6, Buffer.from([9]));
  await client.waitForExit();
  assert.deepEqual(client.answers().slice(0, 4), [
    { error: 'EINVAL' },
    { ok: true },
    { error: 'EINVAL' },
    { ok: true },
  ]);
});

test('a client that speaks before its hello, or not at all like this, is dropped', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['sleep', '100'] });
  await monitor.readStatus();
  const twice = await monitor.attach(STDOUT);
  twice.send(9, Buffer.from([1]));
  await waitUntil('the end of the client', twice.isClosed);
  const unknown = await monitor.attach(STDOUT);
  unknown.send(77, 'x');
  await waitUntil('the end of the client', unknown.isClosed);
  const long = await monitor.attach(STDOUT);
  long.send(10, 'x'.repeat(5000));
  await waitUntil('the end of the client', long.isClosed);
});
