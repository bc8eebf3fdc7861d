import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Agent, WebSocket } from 'undici';
import { serveConnection } from '../../src/api/server/serve-connection.js';
import type { Engine } from '../../src/engine/engine.js';
import { type ApiWorld, openApi } from '../support/api.js';
import { parseFrames, readToEnd, readUntil } from '../support/docker-frames.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');
const HEAD_END = '\r\n\r\n';

/** A container whose program is `cat`, which runs. */
async function runCat({ send }: ApiWorld, name: string, more: object = {}): Promise<void> {
  const body = {
    ...{ Image: 'busybox', Cmd: ['cat'], OpenStdin: true, StdinOnce: true, HostConfig: { NetworkMode: 'none' } },
    ...more,
  };
  const { status, text } = await send('POST', `/containers/create?name=${name}`, { body });
  assert.equal(status, 201, text);
  assert.equal((await send('POST', `/containers/${name}/start`)).status, 204);
}

/** A bare connection, of which the client closes its half or all. */
function openSocket(t: TestContext, path: string): Socket {
  const socket = connect({ path, allowHalfOpen: true });
  t.after(() => socket.destroy());
  return socket;
}

function formatRequest(path: string, headers: readonly string[] = ['Content-Length: 0'], body = ''): string {
  return [`POST ${path} HTTP/1.1`, 'Host: docker', ...headers, '', body].join('\r\n');
}

/** Gathers what comes; closed with the test at the latest. */
function openWebSocket(t: TestContext, api: ApiWorld, path: string) {
  const dispatcher = new Agent({ connect: { socketPath: api.socketPath } });
  const socket = new WebSocket(`ws://docker${path}`, { dispatcher });
  socket.binaryType = 'arraybuffer';
  let text = '';
  socket.addEventListener('message', ({ data }) => {
    assert.ok(data instanceof ArrayBuffer, 'output is binary');
    text += Buffer.from(data).toString();
  });
  t.after(() => dispatcher.destroy());
  return { socket, text: () => text };
}

function splitHead(text: string): readonly [head: string, rest: string] {
  const end = text.indexOf(HEAD_END) + HEAD_END.length;
  return [text.slice(0, end), text.slice(end)];
}

test('input on the bare connection reaches a container whose client asks for no upgrade', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'plain');
  const socket = openSocket(t, api.socketPath);
  // As clients with a pool of connections do.
  socket.write('HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
  await readUntil(socket, HEAD_END);
  socket.write(formatRequest('/containers/plain/attach?stream=1&stdin=1&stdout=1'));
  const [head] = splitHead(await readUntil(socket, HEAD_END));
  assert.match(head, /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/);
  assert.doesNotMatch(head, /content-length|transfer-encoding/i);
  // What a parser would take for a request of its own.
  socket.write('GET /_ping HTTP/1.1\r\n\r\n');
  await readUntil(socket, 'GET /_ping HTTP/1.1');
  const rest = readToEnd(socket);
  socket.end('last words');
  assert.match(String(await rest), /last words$/);
  assert.deepEqual(api.warnings, []);
});

test('what comes with the request is input too, and its JSON is not', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'eager');
  const body = JSON.stringify({ stream: true, stdin: true });
  const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`];
  const attach = '/containers/eager/attach?stream=1&stdin=1&stdout=1';
  const socket = openSocket(t, api.socketPath);
  const answer = readToEnd(socket);
  socket.end(`${formatRequest(attach, headers, body)}typed at once`);
  const [, output] = splitHead((await answer).toString('latin1'));
  assert.equal(parseFrames(Buffer.from(output, 'latin1')).stdout, 'typed at once');
  await runCat(api, 'upgraded');
  const upgraded = await api.upgrade(attach.replace('eager', 'upgraded'), { body: { stream: true, stdin: true } });
  const echoed = readToEnd(upgraded.socket, upgraded.head);
  upgraded.socket.end('words');
  assert.equal(parseFrames(await echoed).stdout, 'words');
});

test('an exec takes input from the bare connection, and from chunks of a body', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'host');
  const makeExec = async (): Promise<string> => {
    const body = { AttachStdin: true, AttachStdout: true, Cmd: ['cat'] };
    return `/exec/${(await api.send('POST', '/containers/host/exec', { body })).json().Id}/start`;
  };
  const json = JSON.stringify({ Detach: false });
  const bare = openSocket(t, api.socketPath);
  bare.write(
    formatRequest(await makeExec(), ['Content-Type: application/json', `Content-Length: ${json.length}`], json),
  );
  await readUntil(bare, HEAD_END);
  bare.write('one\n');
  await readUntil(bare, 'one\n');
  const ended = once(bare, 'close');
  bare.end();
  bare.resume();
  await ended;
  await runCat(api, 'chunked');
  const chunked = openSocket(t, api.socketPath);
  chunked.write(
    formatRequest(
      '/containers/chunked/attach?stream=1&stdin=1&stdout=1',
      ['Transfer-Encoding: chunked'],
      '4\r\ntwo\n\r\n',
    ),
  );
  await readUntil(chunked, 'two\n');
  const rest = readToEnd(chunked);
  chunked.write('0\r\n\r\n');
  await rest;
  assert.equal((await api.send('GET', '/containers/chunked/json')).json().State.Running, false);
});

/** One connection that is served by itself, as over ssh. */
function serveDuplex(engine: Engine) {
  const [up, down] = [new PassThrough(), new PassThrough()];
  const served = serveConnection(engine, Duplex.from({ readable: up, writable: down }), { warn: assert.fail });
  return { up, down, served };
}

test('one connection that is served by itself is taken over in the same way', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'far');
  const { up, down, served } = serveDuplex(api.engine);
  up.write(formatRequest('/containers/far/attach?stream=1&stdin=1&stdout=1'));
  await readUntil(down, HEAD_END);
  up.write('over ssh');
  await readUntil(down, 'over ssh');
  down.resume();
  up.end();
  await served;
});

test('the head of an exec leaves before its program begins, and what is refused has no such head', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'host');
  const body = { AttachStdout: true, Cmd: ['echo', 'hi'] };
  const { Id } = (await api.send('POST', '/containers/host/exec', { body })).json();
  const gate = Promise.withResolvers<void>();
  const { containers } = api.engine;
  const startExec: typeof containers.startExec = async (...call) => {
    await gate.promise;
    return await containers.startExec(...call);
  };
  const { up, down, served } = serveDuplex({ ...api.engine, containers: { ...containers, startExec } });
  up.write(formatRequest(`/exec/${Id}/start`));
  assert.match(await readUntil(down, HEAD_END), /^HTTP\/1\.1 200 OK\r\n/);
  const output = readToEnd(down);
  gate.resolve();
  assert.equal(parseFrames(await output).stdout, 'hi\n');
  up.end();
  await served;
  assert.equal((await api.send('POST', `/exec/${Id}/start`)).status, 409);
  const late = (await api.send('POST', '/containers/host/exec', { body })).json().Id;
  await api.send('POST', '/containers/host/pause');
  assert.equal((await api.send('POST', `/exec/${late}/start`)).status, 409);
  await api.send('POST', '/containers/host/unpause');
});

test('a refused attach is an answer of HTTP, after which the connection ends', needs, async (t) => {
  const api = await openApi(t);
  const socket = openSocket(t, api.socketPath);
  const answer = readToEnd(socket);
  socket.write(formatRequest('/containers/nobody/attach?stream=1&stdin=1'));
  const [head, body] = splitHead(String(await answer));
  assert.match(head, /^HTTP\/1\.1 404 Not Found\r\n/);
  assert.deepEqual(JSON.parse(body), { message: 'No such container: nobody' });
});

test('a websocket is attached: binary, without Docker’s frames, and its end is that of the input', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'web');
  const web = openWebSocket(t, api, '/containers/web/attach/ws?stream=1&stdin=1&stdout=1');
  await once(web.socket, 'open');
  web.socket.send('text ');
  web.socket.send(Buffer.from('and bytes'));
  await waitUntil('the echo', () => web.text() === 'text and bytes');
  web.socket.close();
  assert.equal((await api.send('POST', '/containers/web/wait')).json().StatusCode, 0);
  // Below 1.42 there is no choice of streams.
  const body = { Image: 'busybox', Cmd: ['sh', '-c', 'echo out; echo err >&2'], HostConfig: { NetworkMode: 'none' } };
  await api.send('POST', '/containers/create?name=both', { body });
  const both = openWebSocket(t, api, '/v1.41/containers/both/attach/ws?stream=1');
  await once(both.socket, 'open');
  const closed = once(both.socket, 'close');
  await api.send('POST', '/containers/both/start');
  await closed;
  assert.deepEqual(both.text().split('\n').sort(), ['', 'err', 'out']);
  assert.deepEqual(api.warnings, []);
});

test('what is no handshake of a websocket is refused, and closes no input', needs, async (t) => {
  const api = await openApi(t);
  await runCat(api, 'web');
  const path = '/containers/web/attach/ws?stream=1&stdin=1&stdout=1';
  const plain = await api.send('GET', path);
  assert.equal(plain.status, 400);
  assert.match(plain.json().message, /upgrade/i);
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
  assert.match((await api.send('GET', path, { headers })).json().message, /Sec-WebSocket-Key/);
  assert.equal((await api.send('GET', path.replace('web', 'nobody'), { headers })).status, 404);
  const { socket } = await api.upgrade('/containers/web/attach?stream=1&stdin=1&stdout=1');
  socket.end('still there');
  await readUntil(socket, 'still there');
});
