import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { type Daemon, openDaemon } from '../support/daemon.js';
import { parseFrames, readToEnd, readUntil } from '../support/docker-frames.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');
const MEBIBYTE = 2 ** 20;

/** A minute of fifty clients takes a minute and more: only where it is asked for. */
const isFull = process.env['GANTRY_TEST_SOAK'] === 'full';
const { clients: CLIENTS, seconds: SECONDS } = isFull ? { clients: 50, seconds: 60 } : { clients: 12, seconds: 5 };

/** Of the daemon at the end, and from the half to the end, bytes. */
const MEMORY_MOST = 300 * MEBIBYTE;
const GROWTH_MOST = 30 * MEBIBYTE;

/** Some lines at once, then one now and then. */
const COUNTING = 'i=0; while :; do echo line $i; i=$((i + 1)); [ $i -gt 2 ] && sleep 0.5; done';

test(
  `${CLIENTS} clients at once for ${SECONDS} s leave nothing behind, in the daemon and in the kernel`,
  needs,
  async (t) => {
    const daemon = await openDaemon(t);
    // What the first life loads and opens stays.
    await liveOnce(daemon, 'warm-up', 0);
    const descriptors = await settle(daemon);
    const begin = daemon.residentBytes();
    const half = Date.now() + SECONDS * 500;
    const first = await liveTogether(daemon, 'first', half);
    const middle = daemon.residentBytes();
    const second = await liveTogether(daemon, 'second', half + SECONDS * 500);
    const end = daemon.residentBytes();
    daemon.leaks.remember();
    assert.deepEqual((await daemon.send('GET', '/containers/json?all=1')).json(), []);
    await waitUntil(
      'the descriptors of clients and containers',
      () => daemon.descriptors().length <= descriptors.length,
    );
    const figures = [begin, middle, end].map((bytes) => `${(bytes / MEBIBYTE).toFixed(0)} MiB`).join(', ');
    t.diagnostic(`${first} and ${second} lives; memory before, between and after: ${figures}`);
    assert.ok(end < MEMORY_MOST, figures);
    assert.ok(end - middle < GROWTH_MOST, figures);
    assert.deepEqual(daemon.warnings(), []);
    await daemon.stop();
    await daemon.leaks.assertNothingLeft();
  },
);

/** All clients at once, until the time is up; how many lives there were. */
async function liveTogether(daemon: Daemon, name: string, end: number): Promise<number> {
  const clients = Array.from({ length: CLIENTS }, (_, client) => liveOn(daemon, `${name}-${client}`, end));
  return (await Promise.all(clients)).reduce((sum, lives) => sum + lives, 0);
}

/** One life after the other, until the time is up; how many. */
async function liveOn(daemon: Daemon, name: string, end: number): Promise<number> {
  let lives = 0;
  for (; Date.now() < end || lives === 0; lives++) await liveOnce(daemon, `${name}-${lives}`, lives);
  return lives;
}

/** A container is made, followed in every way, entered, ended in one of several ways, and is gone. */
async function liveOnce({ send, stream, upgrade }: Daemon, name: string, variant: number): Promise<void> {
  const ask = async (status: number, method: string, path: string, body?: object): Promise<string> => {
    const answer = await send(method, path, body && { body });
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    return answer.text;
  };
  const body = { Image: 'busybox', Cmd: ['sh', '-c', COUNTING], HostConfig: { NetworkMode: 'none' } };
  await ask(201, 'POST', `/containers/create?name=${name}`, body);
  const filters = encodeURIComponent(JSON.stringify({ container: [name] }));
  const events = await stream('GET', `/events?filters=${filters}`);
  const told = readUntil(events, '"destroy"');
  const exit = await stream('POST', `/containers/${name}/wait?condition=next-exit`);
  const attached = await upgrade(`/containers/${name}/attach?stream=1&stdout=1`);
  await ask(204, 'POST', `/containers/${name}/start`);
  const logs = await stream('GET', `/containers/${name}/logs?stdout=1&follow=1`);
  const stats = await stream('GET', `/containers/${name}/stats`);
  await Promise.all([
    readUntil(attached.socket, 'line 2\n', attached.head),
    readUntil(logs, 'line 2\n'),
    readUntil(stats, '"memory_stats"'),
  ]);
  const { Id } = JSON.parse(
    await ask(201, 'POST', `/containers/${name}/exec`, { Cmd: ['echo', 'hi'], AttachStdout: true }),
  );
  const exec = await upgrade(`/exec/${Id}/start`, { body: {} });
  assert.equal(parseFrames(await readToEnd(exec.socket, exec.head)).stdout, 'hi\n');
  // Some go while the container runs, others are told of its end.
  if (variant % 2 === 0) for (const one of [logs, stats, attached.socket]) one.destroy();
  if (variant % 3 === 0) {
    await ask(204, 'POST', `/containers/${name}/kill`);
    assert.equal(JSON.parse(String(await readToEnd(exit))).StatusCode, 137);
    await ask(204, 'DELETE', `/containers/${name}`);
  } else {
    await ask(204, 'DELETE', `/containers/${name}?force=1`);
    await readToEnd(exit);
  }
  await told;
  for (const one of [logs, stats, attached.socket, events]) one.destroy();
}

/** The descriptors of a daemon that does nothing: none of a container is among them. */
async function settle({ descriptors }: Daemon): Promise<readonly string[]> {
  return await waitUntil('an idle daemon', () => {
    const open = descriptors();
    return open.every((name) => !/cgroup|containers/.test(name)) && open;
  });
}

const FOLLOWERS = 100;
const LINES = 1500;
const TALKING = `i=0; while [ $i -lt ${LINES} ]; do echo line $i $PAD; i=$((i + 1)); [ $((i % 100)) = 0 ] && sleep 0.05; done; exit 7`;
const PAD = 'x'.repeat(500);
/** Far more than sockets and pipes hold. */
const FLOOD_BYTES = 64 * MEBIBYTE;
/** What all followers together may take of the daemon's memory, bytes: each has blocks of 64 KiB at hand, which are collected late. */
const FOLLOWED_MOST = 250 * MEBIBYTE;

test(
  `${FOLLOWERS} follow a log and ${FOLLOWERS} the events, and get all of it; who stalls, goes or floods costs little and stops nobody`,
  needs,
  async (t) => {
    const daemon = await openDaemon(t);
    const { send, stream, upgrade } = daemon;
    const body = { Image: 'busybox', Cmd: ['sh', '-c', TALKING], Env: [`PAD=${PAD}`], OpenStdin: true };
    await send('POST', '/containers/create?name=told', { body: { ...body, HostConfig: { NetworkMode: 'none' } } });
    const many = <T>(make: () => Promise<T>): Promise<readonly T[]> =>
      Promise.all(Array.from({ length: FOLLOWERS }, make));
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'] }));
    const begin = daemon.residentBytes();
    const watching = await many(() => stream('GET', `/events?filters=${filters}`));
    const events = watching.map((one) => readUntil(one, '"die"'));
    const attached = await upgrade('/containers/told/attach?stream=1&stdin=1&stdout=1');
    const stalled = await openStalled(daemon);
    await send('POST', '/containers/told/start');
    // What is typed into a container that does not read.
    attached.socket.on('error', () => undefined);
    const written = attached.socket.write(Buffer.alloc(FLOOD_BYTES));
    assert.equal(written, false);
    const output = readToEnd(attached.socket, attached.head);
    const following = await many(() => stream('GET', '/containers/told/logs?stdout=1&follow=1'));
    const logs = following.map((one) => readToEnd(one));
    const gone = await stream('GET', '/containers/told/logs?stdout=1&follow=1');
    await once(gone, 'data');
    gone.destroy();
    const exit = await send('POST', '/containers/told/wait');
    assert.equal(exit.json().StatusCode, 7);
    const wanted = Array.from({ length: LINES }, (_, i) => `line ${i} ${PAD}\n`).join('');
    for (const bytes of await Promise.all(logs)) assertSame(parseFrames(bytes).stdout, wanted);
    assertSame(parseFrames(await output).stdout, wanted);
    const told = (await Promise.all(events)).map(listActions);
    assert.equal(told.length, FOLLOWERS);
    for (const actions of told) assert.deepEqual(actions, told[0]);
    const grown = (daemon.residentBytes() - begin) / MEBIBYTE;
    assert.ok(grown < FOLLOWED_MOST / MEBIBYTE, `${grown} MiB more`);
    t.diagnostic(`memory ${(begin / MEBIBYTE).toFixed(0)} MiB, and ${grown.toFixed(0)} more`);
    for (const one of [...watching, ...stalled]) one.destroy();
    assert.deepEqual(daemon.warnings(), []);
  },
);

/** Clients that never read. */
async function openStalled({ stream, upgrade }: Daemon): Promise<readonly Readable[]> {
  const attached = await upgrade('/containers/told/attach?stream=1&stdout=1');
  const events = await stream('GET', '/events');
  for (const one of [attached.socket, events]) one.pause();
  return [attached.socket, events];
}

function listActions(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line).Action);
}

/** Tells the first line that differs alone. */
function assertSame(text: string, wanted: string): void {
  if (text === wanted) return;
  const [lines, all] = [text.split('\n'), wanted.split('\n')];
  const first = lines.findIndex((line, index) => line !== all[index]);
  assert.fail(
    `${text.length} of ${wanted.length} characters; line ${first} of ${lines.length} is ${lines[first]?.slice(0, 40)}`,
  );
}
