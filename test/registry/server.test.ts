import assert from 'node:assert/strict';
import { readdirSync, utimesSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveRegistry } from '../../src/engine/registry/server/serve-registry.js';
import {
  digestOf,
  OCTETS,
  openRegistry,
  pushBlob,
  pushImage,
  randomBlob,
  SERVE_DEFAULTS,
  sendRequest,
  withQuery,
} from '../support/registry.js';
import { startRegistryProcess } from '../support/registry-process.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const EMPTY = { headers: { 'Content-Length': 0 } };

test('the same blob pushed by many at once is kept once, and all are answered with 201', async (t) => {
  const folder = makeTemporaryFolder(t);
  const world = await openRegistry(t, { folder });
  const { bytes, digest } = randomBlob(1_500_000);
  const repositories = Array.from({ length: 8 }, (_, index) => `team/app${index % 3}`);
  await Promise.all(repositories.map((repository) => pushBlob(world, bytes, repository)));
  for (const repository of new Set(repositories)) {
    assert.deepEqual((await world.send('GET', `/v2/${repository}/blobs/${digest}`)).body, bytes);
  }
  assert.deepEqual(readdirSync(join(folder, 'blobs/sha256')), [digest.slice('sha256:'.length)]);
  assert.deepEqual(readdirSync(join(folder, 'uploads')), []);
});

test('a client that lost its connection goes on at once: the request that hangs gives way', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const { bytes, digest } = randomBlob(2_000_000);
  const { headers } = await world.send('POST', '/v2/a/blobs/uploads/', EMPTY);
  const path = String(headers.location);
  const lost = request(`${world.url}${path}`, { method: 'PATCH', headers: OCTETS, agent: false });
  const broken = new Promise((resolve) => lost.on('error', resolve));
  lost.write(bytes.subarray(0, 1_500_000));
  const next = await waitUntil('some of it', async () => {
    const { range } = (await world.send('GET', path)).headers;
    return range === '0-0' ? undefined : Number(String(range).split('-')[1]) + 1;
  });
  const rest = { headers: { ...OCTETS, 'Content-Range': `${next}-1999999` }, body: bytes.subarray(next) };
  assert.equal((await world.send('PUT', withQuery(path, `digest=${digest}`), rest)).status, 201);
  await broken;
  assert.deepEqual((await world.send('GET', `/v2/a/blobs/${digest}`)).body, bytes);
});

test('an upload goes on after the server was started again', async (t) => {
  const folder = makeTemporaryFolder(t);
  const first = await openRegistry(t, { folder });
  const { bytes, digest } = randomBlob(3000);
  const { headers } = await first.send('POST', '/v2/a/blobs/uploads/', EMPTY);
  const path = String(headers.location);
  await first.send('PATCH', path, { headers: OCTETS, body: bytes.subarray(0, 1000) });
  await first.stop();
  const second = await openRegistry(t, { folder });
  assert.equal((await second.send('GET', path)).headers['range'], '0-999');
  const rest = { headers: { ...OCTETS, 'Content-Range': '1000-2999' }, body: bytes.subarray(1000) };
  assert.equal((await second.send('PUT', withQuery(path, `digest=${digest}`), rest)).status, 201);
});

test('an upload that stood still is deleted, one that moves is not', async (t) => {
  const folder = makeTemporaryFolder(t);
  const first = await openRegistry(t, { folder });
  const paths: string[] = [];
  for (let count = 0; count < 2; count++) {
    paths.push(String((await first.send('POST', '/v2/a/blobs/uploads/', EMPTY)).headers.location));
  }
  const [old = '', young = ''] = paths;
  const dayAgo = Date.now() / 1000 - 86_401;
  utimesSync(join(folder, 'uploads', old.split('/').at(-1) ?? ''), dayAgo, dayAgo);
  await first.stop();
  const second = await openRegistry(t, { folder, uploadIdleMs: 86_400_000 });
  assert.equal((await second.send('GET', old)).status, 404);
  assert.equal((await second.send('GET', young)).status, 204);
});

test('limits: a blob that is too large is 413, one upload too many 429', async (t) => {
  const world = await openRegistry(t, { maxBlobBytes: 1000, maxUploads: 2 });
  const { bytes, digest } = randomBlob(1001);
  const large = await world.send('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { headers: OCTETS, body: bytes });
  assert.deepEqual([large.status, large.codes()], [413, ['SIZE_INVALID']]);
  const path = String((await world.send('POST', '/v2/a/blobs/uploads/', EMPTY)).headers.location);
  await world.send('PATCH', path, { headers: OCTETS, body: bytes.subarray(0, 600) });
  assert.equal((await world.send('PATCH', path, { headers: OCTETS, body: bytes.subarray(0, 600) })).status, 413);
  assert.equal((await world.send('POST', '/v2/a/blobs/uploads/', EMPTY)).status, 202);
  const many = await world.send('POST', '/v2/a/blobs/uploads/', EMPTY);
  assert.deepEqual([many.status, many.codes(), many.headers['retry-after']], [429, ['TOOMANYREQUESTS'], '30']);
});

test('a stopped server lets a request that runs end, and takes no other', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const { bytes, digest } = randomBlob(2000);
  const path = `${world.url}/v2/a/blobs/uploads/?digest=${digest}`;
  const asked = request(path, { method: 'POST', headers: { ...OCTETS, 'Content-Length': 2000 }, agent: false });
  const status = new Promise((resolve, reject) => {
    asked.on('response', (response) => resolve(response.resume().statusCode));
    asked.on('error', reject);
  });
  asked.write(bytes.subarray(0, 1000));
  await waitUntil('the upload', () => readdirSync(join(world.folder, 'uploads')).length === 1);
  const stopped = world.stop();
  await assert.rejects(sendRequest(world.url, 'GET', { path: '/v2/' }), /ECONNREFUSED/);
  asked.end(bytes.subarray(1000));
  assert.equal(await status, 201);
  await stopped;
});

test('SIGTERM ends `gantry registry serve` with 0', async (t) => {
  const registry = await startRegistryProcess(t, makeTemporaryFolder(t));
  assert.equal((await registry.send('GET', '/v2/')).status, 200);
  registry.kill('SIGTERM');
  assert.equal(await registry.ended, 0);
  assert.match(registry.lines.join('\n'), /"GET \/v2\/ HTTP\/1\.1" 200/);
});

test('one server serves a folder at a time; one that was killed is no hindrance', async (t) => {
  const folder = makeTemporaryFolder(t);
  const registry = await startRegistryProcess(t, folder);
  const output = { access: () => undefined, warn: () => undefined };
  await assert.rejects(
    serveRegistry({ ...SERVE_DEFAULTS, folder }, output),
    new RegExp(`the registry in ${folder} is served already, by process ${registry.pid}`),
  );
  registry.kill('SIGKILL');
  await registry.ended;
  await (await serveRegistry({ ...SERVE_DEFAULTS, folder }, output)).stop();
});

test('an address that is taken is said so, and nothing is left open', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const folder = makeTemporaryFolder(t);
  const listen = { host: '127.0.0.1', port: Number(new URL(world.url).port) };
  await assert.rejects(openRegistry(t, { folder, listen }), /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  await openRegistry(t, { folder });
});

test('metrics are Prometheus text on an address of their own', async (t) => {
  const world = await openRegistry(t, { metricsListen: { host: '127.0.0.1', port: 0 } });
  await pushImage(world, 'one', { repository: 'a' });
  await world.send('GET', '/v2/a/manifests/one');
  await world.send('PROPFIND', '/v2/');
  await world.send('GET', `/v2/a/blobs/${digestOf('x')}`);
  assert.equal((await world.send('GET', '/metrics')).status, 404);
  const { body, headers } = await sendRequest(world.metricsUrl, 'GET', { path: '/metrics' });
  const text = body.toString();
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(text, /^gantry_registry_requests_total\{method="GET",route="manifest",status="200"\} 1$/m);
  assert.match(text, /^gantry_registry_requests_total\{method="GET",route="blob",status="404"\} 1$/m);
  assert.match(text, /^gantry_registry_requests_total\{method="other",route="none",status="405"\} 1$/m);
  assert.match(text, /^gantry_registry_request_seconds_count\{route="upload"\} 2$/m);
  assert.match(text, /^gantry_registry_tags 1$/m);
  assert.match(text, /^gantry_registry_received_bytes_total [1-9]\d{3}$/m);
  assert.match(text, /^gantry_registry_uploads_open 0$/m);
  for (const line of text.trimEnd().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+)$/);
  }
});
