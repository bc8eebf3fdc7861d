import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { parseFrames, readToEnd, readUntil } from '../docker-frames.js';
import { waitUntil } from '../wait-until.js';
import type { SoakWorld } from './soak-world.js';

/** One container from its making to its removal. */
export interface Life {
  readonly world: SoakWorld;
  /** Nobody else has it. */
  readonly name: string;
  /** How often it has been lived before. */
  readonly round: number;
  /** A bridge with a subnet of its own. */
  readonly network: string;
  /** How much a container of those that fill their log prints. */
  readonly logBytes: number;
  /** Told of bytes that went into a log and came out of it. */
  countLog(bytes: number): void;
}

type Live = (life: Life) => Promise<void>;

interface HostConfig {
  readonly NetworkMode?: string;
  readonly [key: string]: unknown;
}

const QUIET: HostConfig = { NetworkMode: 'none' };
const FOREVER = ['sleep', '10000'];

/** The ways of the API, by name. */
export const LIVES = {
  plain: async (life) => {
    await create(life, { Cmd: ['true'] });
    assert.equal(await runToEnd(life), 0);
    await remove(life);
  },
  'auto-remove': async (life) => {
    await create(life, { Cmd: ['sh', '-c', 'exit 5'], HostConfig: { ...QUIET, AutoRemove: true } });
    assert.equal(await runToEnd(life, 'removed'), 5);
  },
  exec: async (life) => {
    const { upgrade } = life.world.daemon;
    await create(life, { Cmd: FOREVER });
    await ask(life, 'POST', '/start');
    const body = { Cmd: ['echo', 'hi'], AttachStdout: true };
    const { Id } = JSON.parse(await ask(life, 'POST', '/exec', body));
    const { socket, head } = await upgrade(`/exec/${Id}/start`, { body: {} });
    assert.equal(parseFrames(await readToEnd(socket, head)).stdout, 'hi\n');
    await ask(life, 'POST', '/kill');
    await remove(life);
  },
  log: async (life) => {
    const { stream } = life.world.daemon;
    const { round, logBytes } = life;
    const lines = Math.ceil(logBytes / LINE.length);
    // Every other one is rotated: a file has a third, and all of them are kept.
    const options = { 'max-size': `${Math.ceil(logBytes / 2000)}k`, 'max-file': '8' };
    const LogConfig = { Type: 'json-file', ...(round % 2 === 0 && { Config: options }) };
    await create(life, { Cmd: ['sh', '-c', printLines(lines)], HostConfig: { ...QUIET, LogConfig } });
    const { code } = await watchExit(life);
    await ask(life, 'POST', '/start');
    const followed = await stream('GET', `/containers/${life.name}/logs?stdout=1&follow=1`);
    const output = parseFrames(await readToEnd(followed)).stdout;
    assert.equal(await code, 0);
    assert.equal(output.length, lines * LINE.length, `the log of ${life.name}`);
    life.countLog(output.length);
    await remove(life);
  },
  signal: async (life) => {
    const [name, exitCode] = SIGNALS[life.round % SIGNALS.length] ?? SIGNALS[0];
    const traps = "trap 'exit 7' TERM; trap 'exit 8' HUP; trap 'exit 9' USR1; echo ready; sleep 10000 & wait";
    await create(life, { Cmd: ['sh', '-c', traps] });
    const { code } = await watchExit(life);
    await ask(life, 'POST', '/start');
    const followed = await life.world.daemon.stream('GET', `/containers/${life.name}/logs?stdout=1&follow=1`);
    await readUntil(followed, 'ready');
    followed.destroy();
    await ask(life, 'POST', name === 'stop' ? '/stop?t=10' : `/kill?signal=${name}`);
    assert.equal(await code, exitCode, name);
    await remove(life);
  },
  port: async (life) => {
    await create(life, {
      Cmd: ['busybox', 'nc', '-ll', '-p', '80', '-e', 'echo', life.name],
      HostConfig: { NetworkMode: life.network, PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    });
    await ask(life, 'POST', '/start');
    const port = Number((await inspect(life)).NetworkSettings.Ports['80/tcp'][0].HostPort);
    await waitUntil(`${life.name} at its port`, async () => (await life.world.hear(port)) === `${life.name}\n`);
    await remove(life, '?force=1');
  },
  health: async (life) => {
    await create(life, { Cmd: FOREVER, Healthcheck: { Test: ['CMD', 'true'], Interval: 50_000_000 } });
    const events = await follow(life, 'health_status');
    const told = readUntil(events, 'healthy');
    await ask(life, 'POST', '/start');
    await told;
    events.destroy();
    await remove(life, '?force=1');
  },
  volume: async (life) => {
    const { send } = life.world.daemon;
    const HostConfig = { ...QUIET, Binds: [`${life.name}:/named`] };
    const script = 'cat /data/seed > /named/file; cat /named/file > /data/file';
    await create(life, { Cmd: ['sh', '-c', script], Volumes: { '/data': {} }, HostConfig });
    assert.equal(await runToEnd(life), 0);
    await remove(life, '?v=1');
    assert.equal((await send('DELETE', `/volumes/${life.name}`)).status, 204);
  },
  followed: liveFollowed,
  copy: async (life) => {
    const { send } = life.world.daemon;
    await create(life, { Cmd: ['true'] });
    const archive = await send('GET', `/containers/${life.name}/archive?path=/data`);
    const headers = { 'Content-Type': 'application/x-tar' };
    const put = `/containers/${life.name}/archive?path=/tmp`;
    assert.equal((await send('PUT', put, { body: archive.body, headers })).status, 200);
    const changes = JSON.parse(await ask(life, 'GET', '/changes'));
    assert.ok(changes.some(({ Path }: { Path: string }) => Path === '/tmp/data/seed'));
    await remove(life);
  },
  'out of memory': async (life) => {
    const grow = 'x=0123456789abcdef; while :; do x=$x$x; done';
    await create(life, { Cmd: ['sh', '-c', grow], HostConfig: { ...QUIET, Memory: 8 * 2 ** 20 } });
    assert.equal(await runToEnd(life), 137);
    assert.equal((await inspect(life)).State.OOMKilled, true);
    await remove(life);
  },
  changed: async (life) => {
    await create(life, { Cmd: FOREVER });
    await ask(life, 'POST', '/start');
    await ask(life, 'POST', '/pause');
    await ask(life, 'POST', '/unpause');
    await ask(life, 'POST', '/update', { Memory: 2 ** 25, MemorySwap: 2 ** 26 });
    await ask(life, 'GET', '/top');
    await ask(life, 'GET', '/stats?stream=0&one-shot=1');
    await ask(life, 'POST', `/rename?name=${life.name}-new`);
    await remove({ ...life, name: `${life.name}-new` }, '?force=1');
  },
  'restart policy': async (life) => {
    const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 1 };
    await create(life, { Cmd: ['sh', '-c', 'exit 3'], HostConfig: { ...QUIET, RestartPolicy } });
    const events = await follow(life, 'die');
    const told = readLines(events, 2);
    await ask(life, 'POST', '/start');
    await told;
    events.destroy();
    const { State, RestartCount } = await inspect(life);
    assert.deepEqual([State.Status, State.ExitCode, RestartCount], ['exited', 3, 1]);
    await remove(life);
  },
} as const satisfies Readonly<Record<string, Live>>;

const SIGNALS = [
  ['TERM', 7],
  ['HUP', 8],
  ['USR1', 9],
  ['KILL', 137],
  ['stop', 7],
] as const;

/** What whoever fills a log prints again and again. */
const LINE = `${'what a program says of its work, as long as a line of a log is '.repeat(2).trim()}\n`;

/** The command that prints so many of them. */
export function printLines(count: number | string): string {
  return `yes '${LINE.trimEnd()}' | head -n ${count}`;
}

export const LINE_BYTES = LINE.length;

/** Some lines at once, then one now and then. */
const COUNTING = 'i=0; while :; do echo line $i; i=$((i + 1)); [ $i -gt 2 ] && sleep 0.5; done';

/** Followed in every way, entered, ended in one of several ways; some who follow go while it runs, others are told of its end. */
async function liveFollowed(life: Life): Promise<void> {
  const { stream, upgrade } = life.world.daemon;
  const path = `/containers/${life.name}`;
  await create(life, { Cmd: ['sh', '-c', COUNTING] });
  const events = await follow(life);
  const told = readUntil(events, '"destroy"');
  const { code } = await watchExit(life);
  const attached = await upgrade(`${path}/attach?stream=1&stdout=1`);
  await ask(life, 'POST', '/start');
  const logs = await stream('GET', `${path}/logs?stdout=1&follow=1`);
  const stats = await stream('GET', `${path}/stats`);
  await Promise.all([
    readUntil(attached.socket, 'line 2\n', attached.head),
    readUntil(logs, 'line 2\n'),
    readUntil(stats, '"memory_stats"'),
  ]);
  const followers = [logs, stats, attached.socket];
  if (life.round % 2 === 0) for (const one of followers) one.destroy();
  if (life.round % 3 === 0) {
    await ask(life, 'POST', '/kill');
    assert.equal(await code, 137);
    await remove(life);
  } else {
    await remove(life, '?force=1');
    await code;
  }
  await told;
  for (const one of [...followers, events]) one.destroy();
}

async function create(life: Life, config: { readonly HostConfig?: HostConfig; readonly [key: string]: unknown }) {
  const answer = await life.world.daemon.send('POST', `/containers/create?name=${life.name}`, {
    body: { Image: 'busybox', HostConfig: QUIET, ...config },
  });
  assert.equal(answer.status, 201, answer.text);
}

/** Starts it; the exit code. */
async function runToEnd(life: Life, condition = 'next-exit'): Promise<number> {
  const { code } = await watchExit(life, condition);
  await ask(life, 'POST', '/start');
  return await code;
}

/** Resolves when the engine has heard of it, so that a container may be started. */
async function watchExit({ world, name }: Life, condition = 'next-exit'): Promise<{ readonly code: Promise<number> }> {
  const stream = await world.daemon.stream('POST', `/containers/${name}/wait?condition=${condition}`);
  return { code: readToEnd(stream).then((bytes) => Number(JSON.parse(String(bytes)).StatusCode)) };
}

/** The events of one container, as a stream of lines. */
async function follow({ world, name }: Life, action?: string): Promise<Readable> {
  const filters = { container: [name], ...(action !== undefined && { event: [action] }) };
  return await world.daemon.stream('GET', `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`);
}

async function readLines(stream: Readable, count: number): Promise<void> {
  let seen = '';
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    seen += String(bytes);
    if (seen.split('\n').length > count) return;
  }
  throw new Error(`the stream ended before ${count} lines: ${seen}`);
}

/** Asks something about the container, which must be answered well. */
async function ask({ world, name }: Life, method: string, path: string, body?: object): Promise<string> {
  const { status, text } = await world.daemon.send(method, `/containers/${name}${path}`, body && { body });
  assert.ok(status >= 200 && status < 300, `${method} ${name}${path}: ${status} ${text}`);
  return text;
}

async function inspect(life: Life): Promise<ReturnType<typeof JSON.parse>> {
  return JSON.parse(await ask(life, 'GET', '/json'));
}

async function remove(life: Life, query = ''): Promise<void> {
  await ask(life, 'DELETE', query);
}
