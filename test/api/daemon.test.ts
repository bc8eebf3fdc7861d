import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askSocket } from '../support/ask-socket.js';
import { type Gantry, type GantryProcess, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = ['root', 'overlay', 'command:busybox'] as const;

function open(t: TestContext): Gantry {
  const gantry = openGantry();
  t.after(() => gantry.close());
  return gantry;
}

/** Resolves when it serves. */
async function startDaemon(gantry: Gantry, ...words: readonly string[]): Promise<GantryProcess> {
  const daemon = gantry.start(['daemon', ...words]);
  await waitUntil('the API', () => daemon.printed.stderr.includes('API listen on'));
  return daemon;
}

async function stop(daemon: GantryProcess): Promise<number | null> {
  daemon.kill('SIGTERM');
  return (await daemon.result).code;
}

test('a file sets the daemon, and SIGHUP reads again what can be read again', requires(...needs), async (t) => {
  const gantry = open(t);
  const file = join(gantry.folder, 'daemon.json');
  const socket = join(gantry.folder, 'by-file.sock');
  const pidfile = join(gantry.folder, 'pid');
  const fixed = { hosts: [`unix://${socket}`], pidfile };
  const write = (more: object): void => writeFileSync(file, JSON.stringify({ ...fixed, ...more }));
  write({ labels: ['tier=one'], 'registry-mirrors': ['https://one.example/'], 'log-format': 'json' });
  const daemon = await startDaemon(gantry, '--config-file', file);
  const log = () => daemon.printed.stderr;
  const info = async () => (await askSocket(socket, '/info')).json();
  const before = await info();
  assert.deepEqual([before.Labels, before.Debug], [['tier=one'], false]);
  assert.deepEqual(before.RegistryConfig.Mirrors, ['https://one.example']);
  assert.equal(readFileSync(pidfile, 'utf8'), `${daemon.pid}\n`);
  assert.match(log(), /^\{"time":"[^"]+","level":"info","msg":"API listen on unix:/);

  write({
    ...{ labels: ['tier=two', 'x=y'], 'insecure-registries': ['reg:5000'], 'max-concurrent-downloads': 7 },
    ...{ debug: true, 'log-format': 'json', 'storage-driver': 'vfs' },
  });
  daemon.kill('SIGHUP');
  await waitUntil('the reload', () => log().includes('read at the next start'));
  assert.match(log(), /Got signal to reload configuration, reloading from: .*daemon\.json/);
  assert.match(log(), /"msg":"Reloaded configuration: \{.*\\"labels\\":\[\\"tier=two\\",\\"x=y\\"\]/);
  assert.match(log(), /"level":"warning","msg":"changed in the file, and read at the next start: storage-driver"/);
  const after = await info();
  assert.deepEqual([after.Labels, after.Debug, after.Driver], [['tier=two', 'x=y'], true, before.Driver]);
  assert.deepEqual(after.RegistryConfig.Mirrors, []);
  assert.equal(after.RegistryConfig.IndexConfigs['reg:5000'].Secure, false);
  await waitUntil('requests in the log', () => log().includes('"level":"debug","msg":"Calling GET /info"'));
  const filters = encodeURIComponent('{"type":["daemon"]}');
  const told = await askSocket(socket, `/events?since=1&until=${Math.ceil(Date.now() / 1000)}&filters=${filters}`);
  const { Action: action, Actor: actor } = told.json();
  assert.deepEqual([action, actor.ID], ['reload', after.ID]);
  const { labels, debug, 'max-concurrent-downloads': downloads, 'registry-mirrors': mirrors } = actor.Attributes;
  assert.deepEqual([labels, debug, downloads, mirrors], ['["tier=two","x=y"]', 'true', '7', '[]']);

  for (const [broken, reason] of [
    ['{"labels": [', /no JSON/],
    ['{"labels": ["z=z"], "nosuch": 1}', /don't match any configuration option: nosuch/],
  ] as const) {
    writeFileSync(file, broken);
    const length = log().length;
    daemon.kill('SIGHUP');
    await waitUntil('the refusal', () => log().slice(length).includes('nothing is reloaded'));
    assert.match(log().slice(length), reason);
    const { Labels: kept, Debug: isDebug } = await info();
    assert.deepEqual([kept, isDebug], [['tier=two', 'x=y'], true]);
  }
  assert.equal(await stop(daemon), 0);
  assert.equal(existsSync(pidfile), false);
});

test('the daemon that is stopped ends what is open, and containers run on', requires(...needs), async (t) => {
  const gantry = open(t);
  await gantry.print('run', '-d', '--name', 'sleeps', '--network', 'none', 'busybox', 'sleep', '1000');
  const daemon = await startDaemon(gantry);
  const socket = join(gantry.folder, 'run.sock');
  const attached = await attach(socket, 'sleeps');
  const events = await new Promise<NodeJS.ReadableStream>((resolve) => {
    request({ socketPath: socket, path: '/events', agent: false }, resolve).end();
  });
  const silent = connect(socket);
  await once(silent, 'connect');
  const ended = Promise.all([attached, events.resume(), silent.resume()].map((stream) => once(stream, 'close')));
  attached.resume();
  const before = Date.now();
  assert.equal(await stop(daemon), 0);
  await ended;
  assert.ok(Date.now() - before < 4_000, 'nothing that streams is waited for');
  assert.equal(existsSync(socket), false);
  assert.match(daemon.printed.stderr, /msg="stopped by SIGTERM"\n$/);
  assert.equal(await gantry.print('inspect', '-f', '{{.State.Status}}', 'sleeps'), 'running');
});

/** A hijacked connection. */
function attach(socketPath: string, name: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const asked = request({
    ...{ socketPath, method: 'POST', path: `/containers/${name}/attach?stream=1&stdout=1`, agent: false },
    headers: { Connection: 'Upgrade', Upgrade: 'tcp' },
  });
  asked.on('upgrade', (_, socket) => resolve(socket as Socket));
  asked.on('error', reject);
  asked.end();
  return promise;
}

test(
  'a socket that was left behind is taken over, one at which somebody listens is not',
  requires(...needs),
  async (t) => {
    const gantry = open(t);
    const socket = join(gantry.folder, 's.sock');
    const words = ['-H', `unix://${socket}`];
    const killed = await startDaemon(gantry, ...words);
    killed.kill('SIGKILL');
    await killed.result;
    assert.ok(lstatSync(socket).isSocket(), 'who is killed leaves it');
    // Of two that find it at once, one has it.
    const rivals = [1, 2].map(() => gantry.start(['daemon', ...words]));
    const loser = await Promise.race(rivals.map(async (rival) => ({ rival, ...(await rival.result) })));
    const refusal = `gantry: cannot listen on unix://${socket}: `;
    assert.equal(loser.code, 1);
    assert.ok(loser.stderr.includes(refusal), loser.stderr);
    assert.match(loser.stderr, /address already in use/);
    const winner = rivals.find((rival) => rival !== loser.rival);
    assert.ok(winner !== undefined);
    await waitUntil('the API', () => winner.printed.stderr.includes('API listen on'));
    assert.equal((await askSocket(socket, '/_ping')).text, 'OK');
    const late = await gantry.refusal('daemon', ...words);
    assert.equal(late, `1 ${refusal}address already in use: another process listens there`);
    assert.equal((await askSocket(socket, '/_ping')).text, 'OK', 'who is refused takes nothing away');
    assert.equal(await stop(winner), 0);
    assert.equal(existsSync(`${socket}~`), false);
    writeFileSync(socket, 'notes');
    assert.match(await gantry.refusal('daemon', ...words), /there is a file that is no socket$/);
    assert.equal(readFileSync(socket, 'utf8'), 'notes');
  },
);

test('the socket is for its group, and for nobody else', requires(...needs, 'command:setpriv'), async (t) => {
  const gantry = open(t);
  spawnSync('chmod', ['711', gantry.folder]);
  const socket = join(gantry.folder, 'run.sock');
  const daemon = await startDaemon(gantry, '--group', '4711');
  const { mode, gid } = lstatSync(socket);
  assert.deepEqual([mode & 0o777, gid], [0o660, 4711]);
  const mayWrite = (id: string): boolean =>
    spawnSync('setpriv', ['--reuid=65534', `--regid=${id}`, '--clear-groups', 'test', '-w', socket]).status === 0;
  assert.deepEqual([mayWrite('4711'), mayWrite('4712')], [true, false]);
  assert.equal(await stop(daemon), 0);
  assert.equal(await gantry.refusal('daemon', '--group', 'no-such-group'), '1 gantry: group no-such-group not found');
});

test('dial-stdio is the connection itself, with a daemon and without', requires(...needs), async (t) => {
  const gantry = open(t);
  const ask = 'GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const alone = await gantry.run(['system', 'dial-stdio'], ask);
  assert.equal(alone.code, 0);
  assert.match(alone.stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nOK$/);
  const daemon = await startDaemon(gantry, '--debug');
  const through = await gantry.run(['system', 'dial-stdio'], ask);
  assert.match(through.stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nOK$/);
  assert.match(daemon.printed.stderr, /level=debug msg="Calling GET \/_ping"/, 'it is the daemon that answers');
  // Nothing is asked for: the end of what is said is the end of the connection.
  assert.deepEqual(await gantry.run(['system', 'dial-stdio']), { code: 0, stdout: '', stderr: '' });
  assert.equal(await stop(daemon), 0);
});
