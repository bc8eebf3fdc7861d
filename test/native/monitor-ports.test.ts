import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import type { PublishedPort } from '../../src/engine/networks/port-requests.js';
import { findPort } from '../support/find-port.js';
import type { MonitorProcess } from '../support/monitor-process.js';
import { ask, makePlace, NAMESPACES, startInNetwork } from '../support/networked-monitor.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'command:ip', 'ipv6');

/** Says who asks, and gives back what it gets until the other side ends. */
const ECHO = `const net = require('node:net');
net.createServer({ allowHalfOpen: true }, (s) => { s.on('error', () => undefined); s.write('from ' + s.remoteAddress + ' '); s.pipe(s); })
  .listen(80, '0.0.0.0', () => console.log('ready'));`;

const ECHO_DATAGRAMS = `const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (bytes, from) => socket.send('got ' + bytes + ' from ' + from.address, from.port, from.address));
socket.bind(53, () => console.log('ready'));`;

interface Carried {
  readonly monitor: MonitorProcess;
  readonly hostPort: number;
}

async function carry(
  t: TestContext,
  program: string,
  port: Pick<PublishedPort, 'protocol' | 'hostIp' | 'containerPort'>,
  settings?: readonly PlanSetting[],
): Promise<Carried> {
  const place = makePlace(t);
  const hostPort = await findPort();
  const carried = [{ ...port, hostPort, containerAddress: place.address }];
  const command = [process.execPath, '-e', program];
  const monitor = await startInNetwork(t, place, { command, firstClient: 1, carried, ...(settings && { settings }) });
  await waitUntil('the server', () => monitor.firstClient?.output(1).toString().includes('ready') || undefined);
  return { monitor, hostPort };
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true, timeout: 20_000 });
  socket.on('timeout', () => socket.destroy(new Error(`${host} is silent`)));
  await once(socket, 'connect');
  return socket;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test(
  'what comes to a carried port arrives, in both directions, to the last byte after one side has ended',
  NEEDS,
  async (t) => {
    const { hostPort } = await carry(t, ECHO, { protocol: 'tcp', hostIp: '::', containerPort: 80 });
    const socket = await open('::1', hostPort);
    const sent = Buffer.alloc(8 << 20, 'what is carried must be whole ');
    socket.end(sent);
    const got = await readAll(socket);
    assert.match(got.subarray(0, 20).toString(), /^from 203\.0\.113\.1 /);
    assert.ok(got.subarray(got.indexOf(' ', 5) + 1).equals(sent), 'the bytes are not those that were sent');
  },
);

test('many at once are carried beside one that does not read', NEEDS, async (t) => {
  const { hostPort } = await carry(t, ECHO, { protocol: 'tcp', hostIp: '0.0.0.0', containerPort: 80 });
  const stalled = await open('127.0.0.1', hostPort);
  stalled.pause();
  stalled.write(Buffer.alloc(32 << 20));
  const texts = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const socket = await open('127.0.0.1', hostPort);
      socket.end(`number ${index}`);
      return (await readAll(socket)).toString();
    }),
  );
  for (const [index, text] of texts.entries()) assert.equal(text, `from 203.0.113.1 number ${index}`);
  stalled.destroy();
});

test('a container that nobody listens in breaks the connection', NEEDS, async (t) => {
  const { hostPort } = await carry(t, ECHO, { protocol: 'tcp', hostIp: '::1', containerPort: 81 });
  await assert.rejects(ask('::1', hostPort), { code: 'ECONNRESET' });
});

test(
  'a carried port is nobody else’s, and free at once after the end, whatever connections there were',
  NEEDS,
  async (t) => {
    const { monitor, hostPort } = await carry(t, ECHO, { protocol: 'tcp', hostIp: '::', containerPort: 80 });
    const socket = await open('::1', hostPort);
    assert.equal(await tryToListen(t, hostPort), 'EADDRINUSE');
    socket.resume();
    socket.on('error', () => undefined);
    const client = await monitor.attach(0);
    client.send(6, Buffer.from([9]));
    await monitor.waitForEnd();
    assert.equal(await tryToListen(t, hostPort), undefined);
  },
);

async function tryToListen(t: TestContext, port: number): Promise<string | undefined> {
  const server = createServer();
  t.after(() => server.close());
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host: '::', port, ipv6Only: true }, () => resolve(undefined));
  });
}

test('a container that starts again is reached again', NEEDS, async (t) => {
  const answerOnce = `require('node:net').createServer((s) => { s.end('run'); s.on('close', () => process.exit(1)); s.resume(); })
    .listen(80, () => console.log('ready'));`;
  const port = { protocol: 'tcp', hostIp: '::', containerPort: 80 } as const;
  const { monitor, hostPort } = await carry(t, answerOnce, port, [NAMESPACES, ['restart', 'always', 0]]);
  assert.equal(await ask('::1', hostPort), 'run');
  const isReady = () => monitor.firstClient?.output(1).toString().split('ready').length === 3 || undefined;
  await waitUntil('the second run', isReady);
  assert.equal(await ask('::1', hostPort), 'run');
});

test('datagrams go to the container, and its answers to each client from the address it asked', NEEDS, async (t) => {
  const { hostPort } = await carry(t, ECHO_DATAGRAMS, { protocol: 'udp', hostIp: '::', containerPort: 53 });
  const answers = await Promise.all(['one', 'two', 'three'].map((text) => askDatagram(t, text, hostPort)));
  assert.deepEqual(
    answers,
    ['one', 'two', 'three'].map((text) => `got ${text} from 203.0.113.1, from ::1`),
  );
});

async function askDatagram(t: TestContext, text: string, port: number): Promise<string> {
  const socket = createSocket('udp6');
  t.after(() => socket.close());
  socket.send(text, port, '::1');
  const [bytes, { address }] = (await once(socket, 'message')) as [Buffer, { readonly address: string }];
  return `${bytes.toString()}, from ${address}`;
}
