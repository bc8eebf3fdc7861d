import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { type ApiWorld, openApi } from '../support/api.js';
import { parseFrames, readToEnd, readUntil } from '../support/docker-frames.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

async function create({ send }: ApiWorld, name: string, body: object): Promise<void> {
  const { status, text } = await send('POST', `/containers/create?name=${name}`, {
    body: { Image: 'busybox', HostConfig: { NetworkMode: 'none' }, ...body },
  });
  assert.equal(status, 201, text);
}

async function run(api: ApiWorld, name: string, body: object): Promise<void> {
  await create(api, name, body);
  assert.equal((await api.send('POST', `/containers/${name}/start`)).status, 204);
}

async function makeExec(api: ApiWorld, name: string, body: object): Promise<string> {
  const { status, json, text } = await api.send('POST', `/containers/${name}/exec`, { body });
  assert.equal(status, 201, text);
  return json().Id;
}

test('who attaches before the start gets everything from the first byte, in frames', needs, async (t) => {
  const api = await openApi(t);
  await create(api, 'both', { Cmd: ['sh', '-c', 'echo out; echo err >&2'] });
  const path = '/containers/both/attach?stream=1&stdout=1&stderr=1';
  const { status, headers, socket, head } = await api.upgrade(path);
  assert.equal(status, 101);
  assert.equal(headers['content-type'], 'application/vnd.docker.multiplexed-stream');
  const old = await api.upgrade(`/v1.41${path}`);
  assert.equal(old.headers['content-type'], 'application/vnd.docker.raw-stream');
  const output = [readToEnd(socket, head), readToEnd(old.socket, old.head)];
  await api.send('POST', '/containers/both/start');
  for (const bytes of await Promise.all(output)) {
    assert.deepEqual(parseFrames(bytes), { stdout: 'out\n', stderr: 'err\n' });
  }
  assert.deepEqual(api.warnings, []);
});

test('the end of the client’s half is the end of the input, and output goes on', needs, async (t) => {
  const api = await openApi(t);
  await create(api, 'echoed', { Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
  const { socket, head } = await api.upgrade('/containers/echoed/attach?stream=1&stdin=1&stdout=1');
  const output = readToEnd(socket, head);
  await api.send('POST', '/containers/echoed/start');
  socket.end('typed\n');
  assert.deepEqual(parseFrames(await output), { stdout: 'typed\n', stderr: '' });
});

test('a client that asks for no upgrade gets the stream as an answer without a length', needs, async (t) => {
  const api = await openApi(t);
  await create(api, 'plain', { Cmd: ['echo', 'hi'] });
  const answer = await api.stream('POST', '/containers/plain/attach?stream=1&stdout=1');
  assert.equal(answer.headers['transfer-encoding'], undefined);
  assert.equal(answer.headers['content-length'], undefined);
  const output = readToEnd(answer);
  await api.send('POST', '/containers/plain/start');
  assert.equal(parseFrames(await output).stdout, 'hi\n');
});

test('with a terminal the stream is raw; the detach keys leave the container running', needs, async (t) => {
  const api = await openApi(t);
  await create(api, 'shell', { Cmd: ['cat'], Tty: true, OpenStdin: true });
  const { socket, head, headers } = await api.upgrade('/containers/shell/attach?stream=1&stdin=1&stdout=1');
  assert.equal(headers['content-type'], 'application/vnd.docker.raw-stream');
  await api.send('POST', '/containers/shell/start');
  assert.equal((await api.send('POST', '/containers/shell/resize?h=30&w=100')).status, 200);
  socket.write('word\n');
  await readUntil(socket, 'word\r\nword\r\n', head);
  socket.write('\u0010\u0011');
  await readToEnd(socket);
  assert.equal((await api.send('GET', '/containers/shell/json')).json().State.Running, true);
  assert.equal((await api.send('POST', '/containers/shell/resize?h=-1&w=100')).status, 400);
});

test('an exec has its own streams, size and exit code', needs, async (t) => {
  const api = await openApi(t);
  await run(api, 'host', { Cmd: ['sleep', '1000'], Env: ['A=1'] });
  const shell = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
  const id = await makeExec(api, 'host', { ...shell, Cmd: ['sh', '-c', 'cat; echo $A$B >&2; exit 5'], Env: ['B=2'] });
  const { socket, head } = await api.upgrade(`/exec/${id}/start`, { body: { Detach: false, Tty: false } });
  const output = readToEnd(socket, head);
  assert.equal((await api.send('GET', `/exec/${id}/json`)).json().Running, true);
  socket.end('typed');
  assert.deepEqual(parseFrames(await output), { stdout: 'typed', stderr: '12\n' });
  const ended = (await api.send('GET', `/exec/${id}/json`)).json();
  assert.deepEqual([ended.Running, ended.ExitCode, ended.ProcessConfig.entrypoint], [false, 5, 'sh']);
  assert.equal((await api.send('POST', `/exec/${id}/start`, { body: {} })).status, 409);
  const sized = await makeExec(api, 'host', { AttachStdout: true, Tty: true, Cmd: ['stty', 'size'] });
  assert.equal((await api.send('POST', `/exec/${sized}/resize?h=33&w=111`)).status, 200);
  const terminal = await api.upgrade(`/exec/${sized}/start`, { body: { Tty: true } });
  assert.equal(String(await readToEnd(terminal.socket, terminal.head)), '33 111\r\n');
});

test('an exec whose program is not there says so in its stream, and has the code 127', needs, async (t) => {
  const api = await openApi(t);
  await run(api, 'host', { Cmd: ['sleep', '1000'] });
  const id = await makeExec(api, 'host', { AttachStdout: true, AttachStderr: true, Cmd: ['nosuch'] });
  const { socket, head } = await api.upgrade(`/exec/${id}/start`, { body: {} });
  assert.match(
    parseFrames(await readToEnd(socket, head)).stdout,
    /^OCI runtime exec failed: .*executable file not found/,
  );
  assert.equal((await api.send('GET', `/exec/${id}/json`)).json().ExitCode, 127);
});

test(
  'logs are frames of the lines that are asked for, and end with the container when they are followed',
  needs,
  async (t) => {
    const api = await openApi(t);
    await run(api, 'said', {
      Cmd: ['sh', '-c', 'echo one; echo two >&2; echo three; read x; echo four'],
      OpenStdin: true,
      StdinOnce: true,
    });
    const following = await api.stream('GET', '/containers/said/logs?stdout=1&stderr=1&follow=1&tail=2');
    assert.equal(following.headers['content-type'], 'application/vnd.docker.multiplexed-stream');
    const followed = readToEnd(following);
    const { socket } = await api.upgrade('/containers/said/attach?stream=1&stdin=1');
    const ended = once(socket, 'close');
    socket.end('\n');
    await ended;
    assert.ok(parseFrames(await followed).stdout.endsWith('four\n'));
    const logs = async (query: string) => parseFrames((await api.send('GET', `/containers/said/logs?${query}`)).body);
    assert.deepEqual(await logs('stdout=1&stderr=1'), { stdout: 'one\nthree\nfour\n', stderr: 'two\n' });
    assert.deepEqual(await logs('stdout=1&tail=1'), { stdout: 'four\n', stderr: '' });
    const { stdout } = await logs('stdout=1&tail=1&timestamps=1');
    assert.match(stdout, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z four\n$/);
    const since = Date.parse(stdout.slice(0, 30)) / 1000 + 1;
    assert.deepEqual(await logs(`stdout=1&since=${since}`), { stdout: '', stderr: '' });
    assert.equal((await api.send('GET', '/containers/said/logs')).status, 400);
  },
);

test('a client that does not read and one that is gone stop neither the container nor others', needs, async (t) => {
  const api = await openApi(t);
  const bytes = 20_000_000;
  await create(api, 'flood', {
    Cmd: ['sh', '-c', `yes | head -c ${bytes}`],
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none' } },
  });
  const path = '/containers/flood/attach?stream=1&stdout=1&stderr=1';
  const stalled = await api.upgrade(path);
  stalled.socket.pause();
  const gone = await api.upgrade(path);
  gone.socket.destroy();
  const exit = api.send('POST', '/containers/flood/wait?condition=next-exit');
  await api.send('POST', '/containers/flood/start');
  assert.equal((await exit).json().StatusCode, 0);
  stalled.socket.destroy();
});

test(
  'what a program has printed arrives whole, though it has not read what its client still sends',
  needs,
  async (t) => {
    const api = await openApi(t);
    const bytes = 900_000;
    await create(api, 'deaf', { Cmd: ['sh', '-c', `yes | head -c ${bytes}`], OpenStdin: true });
    const { socket, head } = await api.upgrade('/containers/deaf/attach?stream=1&stdin=1&stdout=1');
    // The connection may end before all of it is sent.
    socket.on('error', () => undefined);
    socket.write(Buffer.alloc(8_000_000));
    await api.send('POST', '/containers/deaf/start');
    assert.equal((await api.send('POST', '/containers/deaf/wait')).json().StatusCode, 0);
    assert.equal(parseFrames(await readToEnd(socket, head)).stdout.length, bytes);
  },
);

test('events are told as they happen, filtered, and end at the time that is asked for', needs, async (t) => {
  const api = await openApi(t);
  const filters = encodeURIComponent(JSON.stringify({ type: ['container'], event: ['create', 'destroy'] }));
  const since = Date.now() / 1000;
  const following = await api.stream('GET', `/events?filters=${filters}`);
  await create(api, 'seen', {});
  const first = JSON.parse(await readUntil(following, '\n'));
  assert.deepEqual([first.Type, first.Action, first.Actor.Attributes.name], ['container', 'create', 'seen']);
  assert.equal(first.from, 'busybox');
  following.destroy();
  await api.send('DELETE', '/containers/seen');
  const told = await api.send('GET', `/events?since=${since}&until=${Date.now() / 1000 + 0.001}&filters=${filters}`);
  assert.deepEqual(
    told.lines().map(({ Action }) => Action),
    ['create', 'destroy'],
  );
});
