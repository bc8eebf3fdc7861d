import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { type Daemon, openDaemon } from '../support/daemon.js';
import { openDockerClient } from '../support/docker-client.js';
import { parseFrames, readToEnd, readUntil } from '../support/docker-frames.js';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');
const CAT = { Cmd: ['cat'], OpenStdin: true, StdinOnce: true };

let daemon: Daemon;
const closing: (() => unknown)[] = [];

before(async () => {
  if (needs.skip === undefined)
    daemon = await openDaemon({ after: (close) => void closing.push(close as () => unknown) });
});

after(async () => {
  for (const close of closing) await close();
});

async function create(body: object): Promise<string> {
  const answer = await daemon.send('POST', '/containers/create', {
    body: { Image: 'busybox', HostConfig: { NetworkMode: 'none' }, ...body },
  });
  assert.equal(answer.status, 201, answer.text);
  return answer.json().Id;
}

async function run(body: object): Promise<string> {
  const id = await create(body);
  assert.equal((await daemon.send('POST', `/containers/${id}/start`)).status, 204);
  return id;
}

async function isRunning(id: string): Promise<boolean> {
  return (await daemon.send('GET', `/containers/${id}/json`)).json().State.Running;
}

async function attach(t: TestContext, id: string, query = ''): Promise<Socket> {
  const { socket, head } = await daemon.upgrade(`/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1${query}`);
  socket.unshift(head);
  t.after(() => socket.destroy());
  return socket;
}

/** Who has connections that clients have opened. */
type Holder = 'daemon' | 'monitor' | 'both' | 'nobody';

/** Of a container or an exec: its lock says who its monitor is. */
function findHolder(id: string): Holder {
  const { pid, socketPath } = daemon;
  const lock = join(dirname(socketPath), 'run/locks', id);
  const monitor = existsSync(lock) ? Number(readFileSync(lock, 'utf8').split(' ')[0]) : 0;
  const inodes = listAccepted(socketPath);
  const [isDaemons, isMonitors] = [pid, monitor].map((process) => holds(process, inodes));
  if (isDaemons && isMonitors) return 'both';
  if (isDaemons) return 'daemon';
  return isMonitors ? 'monitor' : 'nobody';
}

/** Connections that were accepted at a path: inodes. proc(5): the state 03 is connected. */
function listAccepted(path: string): ReadonlySet<string> {
  const rows = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const accepted = rows.filter((row) => row[5] === '03' && row[7] === path);
  return new Set(accepted.map((row) => `socket:[${row[6]}]`));
}

function holds(pid: number, inodes: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) && readdirSync(folder).some((name) => inodes.has(readLink(join(folder, name))));
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // It has been closed since it was listed.
    return '';
  }
}

async function waitForHolder(id: string, holder: Holder): Promise<void> {
  await waitUntil(`the ${holder} to have the connection`, () => findHolder(id) === holder);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The payload of frames of stdout. */
function unframe(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)));
  }
  return Buffer.concat(parts);
}

test("a client's connection becomes the monitor's, with every byte both ways", needs, async (t) => {
  const id = await run(CAT);
  const socket = await attach(t, id);
  await waitForHolder(id, 'monitor');
  const output = readToEnd(socket);
  const bytes = randomBytes(10_000_001);
  socket.end(bytes);
  assert.equal(digest(unframe(await output)), digest(bytes));
  await waitUntil('the end of the container', async () => !(await isRunning(id)));
  await waitForHolder(id, 'nobody');
  assert.deepEqual(daemon.warnings(), []);
});

test('what is typed before, at and after the start arrives in its order', needs, async (t) => {
  const id = await create({ ...CAT, Cmd: ['sh', '-c', 'echo first; cat'] });
  const socket = await attach(t, id);
  const output = readToEnd(socket);
  let typed = '';
  const type = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const text = `line ${typed.length}\n`;
      typed += text;
      socket.write(text);
    }
  };
  type(10_000);
  const started = daemon.send('POST', `/containers/${id}/start`);
  const timer = setInterval(() => type(100), 1);
  t.after(() => clearInterval(timer));
  await started;
  await waitForHolder(id, 'monitor');
  clearInterval(timer);
  type(10_000);
  socket.end();
  assert.deepEqual(parseFrames(await output), { stdout: `first\n${typed}`, stderr: '' });
});

test('the detach keys at a terminal are found by the monitor, and the event is told', needs, async (t) => {
  const id = await run({ Cmd: ['cat'], Tty: true, OpenStdin: true });
  const socket = await attach(t, id);
  await waitForHolder(id, 'monitor');
  socket.write('word\n');
  await readUntil(socket, 'word\r\nword\r\n');
  assert.equal((await daemon.send('POST', `/containers/${id}/resize?h=30&w=100`)).status, 200);
  socket.write('\u0010');
  socket.write('\u0011');
  await readToEnd(socket);
  socket.destroy();
  const isTold = async (): Promise<boolean> => {
    const until = Math.floor(Date.now() / 1000) + 1;
    const filters = encodeURIComponent(JSON.stringify({ event: ['detach'] }));
    const { text } = await daemon.send('GET', `/events?since=1&until=${until}&filters=${filters}`);
    return text.includes(id);
  };
  await waitUntil('the event', isTold);
  assert.equal(await isRunning(id), true);
  await waitForHolder(id, 'nobody');
});

test('an exec is handed over as a container is, and its exit is known', needs, async () => {
  const id = await run({ Cmd: ['sleep', '1000'] });
  const body = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Cmd: ['sh', '-c', 'cat; echo e >&2; exit 3'],
  };
  const exec = (await daemon.send('POST', `/containers/${id}/exec`, { body })).json().Id;
  const { socket, head } = await daemon.upgrade(`/exec/${exec}/start`, { body: { Detach: false, Tty: false } });
  await waitForHolder(exec, 'monitor');
  const output = readToEnd(socket, head);
  socket.end('typed\n');
  assert.deepEqual(parseFrames(await output), { stdout: 'typed\n', stderr: 'e\n' });
  assert.equal((await daemon.send('GET', `/exec/${exec}/json`)).json().ExitCode, 3);
});

test('where a monitor cannot take a connection, all goes on through the daemon', needs, async (t) => {
  const id = await run({ Cmd: ['cat'], Tty: true, OpenStdin: true });
  // More than it looks for.
  const keys = 'k'.repeat(57);
  const socket = await attach(t, id, `&detachKeys=${[...keys].join(',')}`);
  socket.write('word\n');
  await readUntil(socket, 'word\r\nword\r\n');
  assert.equal(findHolder(id), 'daemon');
  socket.write(keys);
  await readToEnd(socket);
  socket.destroy();
  await waitForHolder(id, 'nobody');
  assert.equal(await isRunning(id), true);
});

test(
  "the real client's terminal and pipe go past the daemon",
  requires('root', 'overlay', 'command:busybox', 'command:docker'),
  async (t) => {
    const folder = dirname(daemon.socketPath);
    const host = `unix://${daemon.socketPath}`;
    const docker = openDockerClient({ folder, host });
    const bytes = randomBytes(1_000_000);
    const words = ['run', '-i', '--rm', '--network', 'none', 'busybox'];
    const echoed = await docker.run([...words, 'cat'], bytes);
    assert.equal(digest(Buffer.from(echoed.stdout, 'latin1')), digest(bytes));
    assert.equal((await docker.run([...words, 'sh', '-c', 'cat; exit 4'], 'x')).code, 4);
    const env = { DOCKER_HOST: host, DOCKER_CONFIG: join(folder, 'docker-config') };
    const shell = startInTerminal('docker', ['run', '-it', '--name', 'shell', '--network', 'none', 'busybox', 'sh'], {
      env,
    });
    t.after(() => shell.kill());
    await shell.waitFor('/ #');
    const id = await docker.print('inspect', '-f', '{{.Id}}', 'shell');
    // The client has other connections, which stay the daemon's.
    await waitForHolder(id, 'both');
    shell.type('echo $((6*7)); stty size\r');
    await shell.waitFor(/42\s+40 120/);
    shell.type('\u0010\u0011');
    await shell.exited;
    assert.equal(await isRunning(id), true);
    const exec = startInTerminal('docker', ['exec', '-it', 'shell', 'sh'], { env });
    t.after(() => exec.kill());
    await exec.waitFor('/ #');
    exec.type('exit 5\r');
    assert.equal((await exec.exited).exitCode, 5);
    assert.deepEqual(daemon.warnings(), []);
  },
);

test('a connection that was handed over ends with the daemon, and the container goes on', needs, async (t) => {
  const id = await run({ ...CAT, StdinOnce: false });
  const socket = await attach(t, id);
  await waitForHolder(id, 'monitor');
  const ended = readToEnd(socket);
  await daemon.stop();
  assert.equal((await ended).length, 0);
  socket.destroy();
  await waitForHolder(id, 'nobody');
});
