import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { findDescriptor } from '../../src/api/server/socket-descriptor.js';
import { STDERR, STDIN, STDOUT } from '../support/attach-client.js';
import { parseFrames } from '../support/docker-frames.js';
import { begin, type GivenConnection, makeConnection, offer } from '../support/given-connection.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NAMESPACES = ['clone', 'pid', 'mnt'] as const;
const OPEN = [NAMESPACES, ['stdin', 'open']] as const;
const ONCE = [NAMESPACES, ['stdin', 'once']] as const;
const ALL = STDOUT | STDERR | STDIN;
const OK = { ok: true };

test(
  'a connection that was handed over gets frames, and its giver nothing but the exit',
  requires('root'),
  async (t) => {
    const command = ['sh', '-c', 'echo before; read a; echo $a; echo err >&2; read b; echo $b'];
    const monitor = startMonitor(t, { command, settings: OPEN, firstClient: ALL });
    const control = await waitUntil('the client', () => monitor.firstClient);
    await control.waitForOutput('before\n');
    const given = await makeConnection(t);
    assert.deepEqual(await offer(control, given.descriptor, { isFramed: true }), OK);
    const watcher = await monitor.attach(STDOUT);
    // An answer proves that the hello was read.
    watcher.send(10, 'no');
    await waitUntil('the answer', () => watcher.answers().length === 1);
    // Input goes on as before until the connection is used, and output waits.
    control.send(0, 'one\n');
    await watcher.waitForOutput('one\n');
    assert.equal(given.received().length, 0);
    begin(control, given);
    given.client.write('two\n');
    await waitUntil('the end of the connection', given.isEnded);
    assert.deepEqual(parseFrames(given.received()), { stdout: 'one\ntwo\n', stderr: 'err\n' });
    assert.equal((await control.waitForExit())['exitCode'], 0);
    assert.equal(control.output(1).toString(), 'before\n');
    assert.equal(control.output(2).length, 0);
    watcher.close();
    given.client.destroy();
    await monitor.waitForEnd();
  },
);

test(
  'what is printed before the connection may be used is kept for it, over the end too',
  requires('root'),
  async (t) => {
    const monitor = startMonitor(t, { command: ['sh', '-c', 'read go; echo all'], settings: OPEN, firstClient: ALL });
    const control = await waitUntil('the client', () => monitor.firstClient);
    const given = await makeConnection(t);
    assert.deepEqual(await offer(control, given.descriptor), OK);
    control.send(0, '\n');
    await monitor.waitForLine('exit');
    await control.waitForExit();
    assert.equal(given.received().length, 0);
    begin(control, given);
    await waitUntil('the end of the connection', given.isEnded);
    assert.equal(given.received().toString(), 'all\n');
    given.client.destroy();
    await monitor.waitForEnd();
  },
);

for (const kind of ['unix', 'tcp'] as const) {
  test(
    `megabytes pass both ways over ${kind}, and the end of the client's half is that of stdin`,
    requires('root'),
    async (t) => {
      const monitor = startMonitor(t, { command: ['cat'], settings: OPEN, firstClient: ALL });
      const control = await waitUntil('the client', () => monitor.firstClient);
      const given = await makeConnection(t, kind);
      assert.deepEqual(await offer(control, given.descriptor), OK);
      begin(control, given);
      const bytes = randomBytes(3_000_001);
      given.client.end(bytes);
      await waitUntil('the end of the connection', given.isEnded, 20_000);
      assert.equal(digest(given.received()), digest(bytes));
      assert.equal((await control.waitForExit())['exitCode'], 0);
      await monitor.waitForEnd();
    },
  );
}

test('detach keys are found over several reads; the rest goes to the terminal', requires('root'), async (t) => {
  const settings = [...OPEN, ['terminal', 80, 24]] as const;
  const monitor = startMonitor(t, { command: ['cat'], settings, firstClient: STDOUT | STDIN });
  const control = await waitUntil('the client', () => monitor.firstClient);
  const given = await makeConnection(t);
  const keys = '\u0010\u0011x';
  assert.deepEqual(await offer(control, given.descriptor, { keys }), OK);
  // The first of them was typed before.
  begin(control, given, 1);
  given.client.write('abc\n');
  await waitUntil('what goes on', () => given.received().toString().includes('\u0010abc\r\n'));
  for (const typed of ['\u0010', '\u0011', 'last\n']) given.client.write(typed);
  await waitUntil('the echo', () => given.received().toString().includes('last\r\n'));
  given.client.write('end\n\u0010');
  await waitUntil('the echo', () => given.received().toString().includes('end\r\n'));
  given.client.write('\u0011');
  given.client.write('xthrown away');
  await waitUntil('the end of the connection', given.isEnded);
  assert.deepEqual(control.answers().at(-1), { left: 'detached' });
  assert.doesNotMatch(given.received().toString(), /thrown/);
  const next = await monitor.attach(STDOUT | STDIN);
  next.send(0, 'still here\n');
  await next.waitForOutput('still here\r\n');
});

test('what is no connection is refused, and everything goes on as before', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['cat'], settings: OPEN, firstClient: ALL });
  const control = await waitUntil('the client', () => monitor.firstClient);
  const file = openSync('/dev/null', 'r');
  t.after(() => closeSync(file));
  const server = createServer().listen(join(monitor.folder, 'other'));
  t.after(() => server.close());
  assert.deepEqual(await offer(control, file), { error: 'ENOTSOCK' });
  assert.deepEqual(await offer(control, 1_000_000), { error: 'EBADF' });
  assert.deepEqual(await offer(control, 0xffffffff), { error: 'EBADF' });
  assert.deepEqual(await offer(control, findDescriptor(server) ?? -1), { error: 'ENOTSOCK' });
  assert.deepEqual(await offer(control, 0, { keys: 'k'.repeat(57) }), { error: 'EINVAL' });
  control.send(0, 'as before\n');
  await control.waitForOutput('as before\n');
  const given = await makeConnection(t);
  assert.deepEqual(await offer(control, given.descriptor), OK);
  assert.deepEqual(await offer(control, given.descriptor), { error: 'EBUSY' });
});

test('the connection ends with its giver, and the container goes on', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['cat'], settings: OPEN });
  for (const isUsed of [true, false]) {
    const control = await monitor.attach(ALL);
    const given = await makeConnection(t);
    assert.deepEqual(await offer(control, given.descriptor), OK);
    if (isUsed) {
      begin(control, given);
      given.client.write('heard\n');
      await waitUntil('the echo', () => given.received().toString() === 'heard\n');
    } else {
      given.leave();
    }
    control.close();
    await waitUntil('the end of the connection', given.isEnded);
  }
  const next = await monitor.attach(ALL);
  next.send(0, 'again\n');
  await next.waitForOutput('again\n');
});

test('its giver is told when the client goes, and stdin once ends then', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['cat'], settings: ONCE, firstClient: ALL });
  const control = await waitUntil('the client', () => monitor.firstClient);
  const given = await makeConnection(t);
  assert.deepEqual(await offer(control, given.descriptor), OK);
  begin(control, given);
  given.client.write('heard\n');
  await waitUntil('the echo', () => given.received().toString() === 'heard\n');
  given.client.destroy();
  assert.equal((await control.waitForExit())['exitCode'], 0);
  assert.deepEqual(control.answers()[1], { left: 'gone' });
});

test('a client that does not read is dropped while another gets everything', requires('root'), async (t) => {
  const bytes = 16 * 1024 * 1024;
  const command = ['sh', '-c', `read go; yes 0123456789abcdef | head -c ${bytes}; read end`];
  const monitor = startMonitor(t, { command, settings: OPEN, firstClient: STDOUT | STDIN });
  const control = await monitor.attach(STDOUT);
  const given = await makeConnection(t);
  given.client.pause();
  assert.deepEqual(await offer(control, given.descriptor), OK);
  begin(control, given);
  monitor.firstClient?.send(0, '\n');
  const seen = () => monitor.firstClient?.frames.reduce((sum, frame) => sum + frame.payload.length, 0);
  await waitUntil('all of the output', () => seen() === bytes, 30_000);
  await waitUntil('the word of its leaving', () => control.answers().length === 2);
  assert.deepEqual(control.answers()[1], { left: 'gone' });
  given.client.resume();
  await waitUntil('the end of the connection', given.isEnded);
  assert.ok(given.received().length < bytes / 4);
});

test(
  'a process that takes no stdin holds up neither its output nor that which was typed ahead',
  requires('root'),
  async (t) => {
    const bytes = 4 * 1024 * 1024;
    const command = ['sh', '-c', `read go; yes 0123456789abcdef | head -c ${bytes}; wc -c`];
    const monitor = startMonitor(t, { command, settings: ONCE, firstClient: ALL });
    const control = await waitUntil('the client', () => monitor.firstClient);
    const given = await makeConnection(t);
    assert.deepEqual(await offer(control, given.descriptor), OK);
    control.send(13, Buffer.from([3, 0]));
    control.send(0, `\n${'x'.repeat(200_000)}`);
    begin(control, given);
    given.client.end(Buffer.alloc(300_000, 'y'));
    await waitUntil('the end of the connection', given.isEnded, 20_000);
    assert.equal(given.received().subarray(bytes).toString().trim(), '500000');
  },
);

test('clients that detach and do not close are not more than a monitor has room for', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['cat'], settings: OPEN });
  const detached: GivenConnection[] = [];
  const attach = async () => {
    const [control, given] = [await monitor.attach(ALL), await makeConnection(t)];
    return { control, given, answer: await offer(control, given.descriptor, { keys: 'k' }) };
  };
  for (let i = 0; i < 64; i++) {
    const { control, given, answer } = await attach();
    assert.deepEqual(answer, OK);
    begin(control, given);
    given.client.write('k');
    await waitUntil('the end of the output', given.isEnded);
    control.close();
    detached.push(given);
  }
  const { control, answer } = await attach();
  assert.deepEqual(answer, { error: 'EUSERS' });
  control.send(0, 'as before\n');
  await control.waitForOutput('as before\n');
  for (const { client } of detached) client.destroy();
  await waitUntil('room', async () => (await attach()).answer['ok'] === true);
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
