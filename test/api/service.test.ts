import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SecureContextOptions } from 'node:tls';
import { askSocket } from '../support/ask-socket.js';
import { compileProgram } from '../support/compile-program.js';
import { findPort } from '../support/find-port.js';
import { GANTRY_ARGS, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const needs = ['root', 'overlay', 'command:busybox'] as const;

/** `gantry daemon`, started as a service by a program that does what systemd does. */
interface Service {
  readonly pid: number;
  readonly socket: string;
  /** What it has told its manager, a message each: `PID TEXT`. */
  readonly told: () => readonly string[];
  readonly log: () => string;
  /** Its exit code. */
  end(signal: NodeJS.Signals): Promise<number>;
}

async function startService(t: TestContext, notify: (folder: string) => string): Promise<Service> {
  const gantry = openGantry();
  const { folder } = gantry;
  let manager: ChildProcess | undefined;
  t.after(async () => {
    manager?.kill('SIGKILL');
    await gantry.close();
  });
  const program = compileProgram('service-manager', folder);
  const socket = join(folder, 'api.sock');
  const env = {
    ...process.env,
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    GANTRY_CONFIG: folder,
    HOME: folder,
  };
  const daemon = [process.execPath, ...GANTRY_ARGS, 'daemon', '-H', 'fd://'];
  const started = spawn(program, [notify(folder), socket, ...daemon], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  manager = started;
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    started[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  const lines = () => printed.stdout.split('\n').filter((line) => line !== '');
  const pid = await waitUntil('the start', () => Number(/^started (\d+)$/m.exec(printed.stdout)?.[1] ?? 0) || false);
  const closed = once(started, 'close');
  return {
    ...{ pid, socket },
    told: () => lines().filter((line) => /^\d/.test(line)),
    log: () => printed.stderr,
    end: async (signal) => {
      process.kill(pid, signal);
      await closed;
      return Number(/^ended (\d+)$/m.exec(printed.stdout)?.[1]);
    },
  };
}

test(
  'a service takes over the socket of its manager, and tells when it is ready, reloads and stops',
  requires(...needs, 'command:cc'),
  async (t) => {
    const service = await startService(t, (folder) => join(folder, 'notify.sock'));
    const { pid, socket, told } = service;
    // The manager listens already: a client that is early waits for the daemon, and is not refused.
    assert.equal((await askSocket(socket, '/_ping')).text, 'OK');
    await waitUntil('READY', () => told().length > 0);
    assert.deepEqual(told(), [`${pid} READY=1|STATUS=API listen on descriptor 3`]);
    process.kill(pid, 'SIGHUP');
    await waitUntil('the reload', () => told().length >= 3);
    const [, reloading = '', ready] = told();
    const [, usec] = /^\d+ RELOADING=1\|MONOTONIC_USEC=(\d+)$/.exec(reloading) ?? [];
    const upUsec = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e6;
    assert.ok(Math.abs(Number(usec) - upUsec) < 60e6, `${usec} is of CLOCK_MONOTONIC, which is near ${upUsec}`);
    assert.equal(ready, `${pid} READY=1`);
    const id = (await askSocket(socket, '/info')).json().ID;
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(await service.end('SIGTERM'), 0);
    assert.deepEqual(told().slice(3), [`${pid} STOPPING=1|STATUS=stopped by SIGTERM`]);
    assert.match(service.log(), /level=info msg="stopped by SIGTERM"/);
    assert.ok(existsSync(socket), 'it is the socket of the manager');
    // No process that the daemon has started holds it open.
    const [error] = await once(connect(socket), 'error');
    assert.equal(error.code, 'ECONNREFUSED');
  },
);

test('a manager is told at a name of the abstract space too', requires(...needs, 'command:cc'), async (t) => {
  const service = await startService(t, (folder) => `@${folder}/notify`);
  await waitUntil('READY', () =>
    service.told().some((line) => line === `${service.pid} READY=1|STATUS=API listen on descriptor 3`),
  );
  assert.equal(await service.end('SIGINT'), 0);
});

test('a manager that cannot be told is no reason to serve nobody', requires(...needs), async (t) => {
  const gantry = openGantry(['env', 'NOTIFY_SOCKET=/nonexistent/notify']);
  t.after(() => gantry.close());
  const daemon = gantry.start(['daemon']);
  await waitUntil('the API', () => daemon.printed.stderr.includes('cannot tell /nonexistent/notify READY=1'));
  assert.equal((await askSocket(join(gantry.folder, 'run.sock'), '/_ping')).text, 'OK');
  daemon.kill('SIGTERM');
  assert.equal((await daemon.result).code, 0);
});

/** Started by systemd's own program, at the first connection. */
function activate(t: TestContext, listen: string, ...words: readonly string[]) {
  const gantry = openGantry();
  const settings = ['ROOT=root', 'RUN_ROOT=run', 'CONFIG=config'].flatMap((setting) => {
    const [name, folder = ''] = setting.split('=');
    return ['-E', `GANTRY_${name}=${join(gantry.folder, folder)}`];
  });
  const daemon = [process.execPath, ...GANTRY_ARGS, 'daemon', '-H', 'fd://', ...words];
  const activator = spawn('systemd-socket-activate', ['-l', listen, ...settings, ...daemon], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const printed = { stderr: '' };
  activator.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text;
  });
  const ended = once(activator, 'close');
  t.after(async () => {
    activator.kill('SIGKILL');
    await ended;
    await gantry.close();
  });
  return { activator, printed, ended };
}

test(
  'systemd’s own socket activation starts it with the first client',
  requires(...needs, 'command:systemd-socket-activate'),
  async (t) => {
    const socket = join(makeTemporaryFolder(t), 'activated.sock');
    const { activator, ended } = activate(t, socket);
    await waitUntil('the socket', () => existsSync(socket));
    assert.equal((await askSocket(socket, '/_ping')).text, 'OK');
    // It has become the daemon.
    activator.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  },
);

test(
  'TCP sockets of a manager are refused without client certificates, but those of the loopback',
  requires(...needs, 'command:systemd-socket-activate', 'ipv6'),
  async (t) => {
    const start = async (host: string, address: string) => {
      const port = await findPort();
      const activated = activate(t, `${host}:${port}`);
      await waitUntil('the manager', () => activated.printed.stderr.includes('Listening on'));
      const client = connect(port, address).on('error', () => undefined);
      t.after(() => client.destroy());
      return { ...activated, port };
    };
    const open = await start('0.0.0.0', '127.0.0.1');
    assert.deepEqual(await open.ended, [1, null]);
    assert.match(
      open.printed.stderr,
      /gantry: the TCP socket 3 would make everybody who reaches it root: use --tlsverify/,
    );
    const { printed, port, activator, ended } = await start('[::1]', '::1');
    await waitUntil('the API', () => printed.stderr.includes(`API listen on tcp://[::1]:${port}`));
    assert.match(printed.stderr, /level=warning msg="the API at the TCP socket 3 makes every user of this host root"/);
    activator.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  },
);

test(
  'a TCP socket of a manager has TLS where the daemon is asked for it',
  requires(...needs, 'command:systemd-socket-activate', 'command:openssl'),
  async (t) => {
    const folder = makeTemporaryFolder(t);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...name], { stdio: 'ignore' });
    const port = await findPort();
    const files = ['--tlscacert', cert, '--tlscert', cert, '--tlskey', key];
    const { printed, activator, ended } = activate(t, `0.0.0.0:${port}`, '--tlsverify', ...files);
    await waitUntil('the manager', () => printed.stderr.includes('Listening on'));
    const pem = { ca: readFileSync(cert), cert: readFileSync(cert), key: readFileSync(key) };
    assert.equal(await askTls(port, pem), 200);
    await assert.rejects(askTls(port, { ca: pem.ca }), 'a client without a certificate');
    activator.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  },
);

/** The status of a ping. */
function askTls(port: number, pem: SecureContextOptions): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const asked = get({ host: '127.0.0.1', servername: 'localhost', port, path: '/_ping', agent: false, ...pem });
  asked.on('response', (response) => resolve(response.resume().statusCode));
  asked.on('error', reject);
  return promise;
}

test('fd:// without a manager is refused', requires(...needs), async (t) => {
  const gantry = openGantry();
  t.after(() => gantry.close());
  assert.match(
    await gantry.refusal('daemon', '-H', 'fd://'),
    /^1 gantry: no sockets found via socket activation: make sure the service was started by systemd/,
  );
});

test('systemd takes the unit files', requires('command:systemd-analyze'), (t) => {
  const folder = makeTemporaryFolder(t);
  for (const name of ['gantry.service', 'gantry.socket']) {
    copyFileSync(join('docs/systemd', name), join(folder, name));
  }
  const unit = join(folder, 'gantry.service');
  // It looks for the program, which need not be installed here.
  writeFileSync(unit, readFileSync(unit, 'utf8').replace('ExecStart=gantry ', 'ExecStart=/bin/true '));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /gantry\.(service|socket)/.test(line));
  assert.deepEqual(complaints, []);
  assert.equal(status, 0, stderr);
});
