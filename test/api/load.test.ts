import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { type Daemon, openDaemon } from '../support/daemon.js';
import { parseFrames, readToEnd, readUntil } from '../support/docker-frames.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const MEBIBYTE = 2 ** 20;
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
