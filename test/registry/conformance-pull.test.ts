import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, OCI_MANIFEST, openRegistry, pushBlob, pushImage, randomBlob } from '../support/registry.js';

// OCI distribution-spec 1.1, the workflow "Pull". A title begins with the section that asks for it.

test('Determining Support, end-1: GET /v2/ is answered with 200', async (t) => {
  const { send } = await openRegistry(t);
  assert.equal((await send('GET', '/v2/')).status, 200);
});

test('Pulling manifests, end-3: GET by tag and by digest gives the very bytes, their type and digest', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  for (const reference of ['one', image.digest]) {
    const { status, headers, body } = await world.send('GET', `/v2/${world.repository}/manifests/${reference}`, {
      headers: { Accept: OCI_MANIFEST },
    });
    assert.equal(status, 200);
    assert.equal(body.toString(), image.text);
    assert.equal(headers['content-type'], OCI_MANIFEST);
    assert.equal(headers['docker-content-digest'], image.digest);
  }
});

test('Pulling manifests: a manifest that is not there is 404 MANIFEST_UNKNOWN, by tag and by digest', async (t) => {
  const world = await openRegistry(t);
  await pushImage(world, 'one');
  for (const reference of ['other', digestOf('nothing')]) {
    const answer = await world.send('GET', `/v2/${world.repository}/manifests/${reference}`);
    assert.equal(answer.status, 404);
    assert.deepEqual(answer.codes(), ['MANIFEST_UNKNOWN']);
  }
});

test('Pulling manifests: a repository that is not there is 404', async (t) => {
  const { send, repository } = await openRegistry(t);
  assert.equal((await send('GET', `/v2/${repository}/manifests/latest`)).status, 404);
});

test('Pulling manifests: a reference is a tag or a digest and nothing else', async (t) => {
  const world = await openRegistry(t);
  await pushImage(world, 'one');
  for (const reference of ['sha256:baddigeststring', 'md5:d41d8cd98f00b204e9800998ecf8427e', '.tag', 'a'.repeat(129)]) {
    const { status } = await world.send('GET', `/v2/${world.repository}/manifests/${reference}`);
    assert.ok(status === 400 || status === 404, `${reference}: ${status}`);
  }
});

test('Pulling manifests: names that the grammar does not know are refused', async (t) => {
  const { send } = await openRegistry(t);
  const names = [
    'Upper',
    'a/../b',
    'a//b',
    '-a',
    'a-',
    'a..b',
    'a/.b',
    '%2e%2e/x',
    'a%00b',
    'a%0ab',
    `${'a'.repeat(256)}`,
  ];
  for (const name of names) {
    const { status } = await send('GET', `/v2/${name}/manifests/latest`);
    assert.ok(status === 400 || status === 404, `${name}: ${status}`);
  }
});

test('Pulling blobs, end-2: GET gives the bytes and their digest', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(300_000);
  await pushBlob(world, bytes);
  const { status, headers, body } = await world.send('GET', `/v2/${world.repository}/blobs/${digest}`);
  assert.equal(status, 200);
  assert.deepEqual(body, bytes);
  assert.equal(headers['docker-content-digest'], digest);
});

test('Pulling blobs: a blob that is not there is 404 BLOB_UNKNOWN, though another repository has it', async (t) => {
  const world = await openRegistry(t);
  const digest = await pushBlob(world, 'here', `${world.repository}/other`);
  const answer = await world.send('GET', `/v2/${world.repository}/blobs/${digest}`);
  assert.equal(answer.status, 404);
  assert.deepEqual(answer.codes(), ['BLOB_UNKNOWN']);
});

const RANGES = [
  ['bytes=500-1499', 500, 1499],
  ['bytes=500-', 500, 2047],
  ['bytes=-500', 1548, 2047],
  ['bytes=2000-5000', 2000, 2047],
  ['bytes=0-0', 0, 0],
] as const;

test('Pulling blobs: the Range header of RFC 9110, 14.2 is answered with 206 and the part', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(2048);
  await pushBlob(world, bytes);
  for (const [range, first, last] of RANGES) {
    const answer = await world.send('GET', `/v2/${world.repository}/blobs/${digest}`, { headers: { Range: range } });
    assert.equal(answer.status, 206, range);
    assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/2048`);
    assert.equal(answer.headers['content-length'], String(last - first + 1));
    assert.deepEqual(answer.body, bytes.subarray(first, last + 1));
  }
});

test('Pulling blobs: a range behind the end, or turned round, is 416', async (t) => {
  const world = await openRegistry(t);
  const digest = await pushBlob(world, randomBlob(2048).bytes);
  for (const range of ['bytes=5000-10000', 'bytes=500-0', 'bytes=2048-']) {
    const answer = await world.send('GET', `/v2/${world.repository}/blobs/${digest}`, { headers: { Range: range } });
    assert.equal(answer.status, 416, range);
  }
});

test('Pulling blobs: a broken download goes on only while the content is the same (If-Range)', async (t) => {
  const world = await openRegistry(t);
  const digest = await pushBlob(world, randomBlob(2048).bytes);
  const path = `/v2/${world.repository}/blobs/${digest}`;
  const { etag } = (await world.send('GET', path)).headers;
  const same = await world.send('GET', path, { headers: { Range: 'bytes=100-', 'If-Range': String(etag) } });
  assert.equal(same.status, 206);
  const other = await world.send('GET', path, { headers: { Range: 'bytes=100-', 'If-Range': '"other"' } });
  assert.equal(other.status, 200);
});

test('Checking if content exists: HEAD of a blob and of a manifest gives size and digest and no body', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const places = [
    [`manifests/one`, image.digest, image.text.length],
    [`manifests/${image.digest}`, image.digest, image.text.length],
    [`blobs/${image.layer}`, image.layer, 300],
  ] as const;
  for (const [place, digest, length] of places) {
    const { status, headers, body } = await world.send('HEAD', `/v2/${world.repository}/${place}`);
    assert.equal(status, 200);
    assert.equal(headers['docker-content-digest'], digest);
    assert.equal(headers['content-length'], String(length));
    assert.equal(body.length, 0);
  }
});

test('Checking if content exists: HEAD of what is not there is 404', async (t) => {
  const world = await openRegistry(t);
  await pushImage(world, 'one');
  for (const place of ['manifests/two', `manifests/${digestOf('x')}`, `blobs/${digestOf('x')}`]) {
    assert.equal((await world.send('HEAD', `/v2/${world.repository}/${place}`)).status, 404);
  }
});

test('Error Codes: an error is JSON with a code of the list', async (t) => {
  const { send, repository } = await openRegistry(t);
  const answer = await send('GET', `/v2/${repository}/blobs/${digestOf('x')}`);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.match(answer.json().errors[0].code, /^[A-Z_]+$/);
  assert.equal(typeof answer.json().errors[0].message, 'string');
});
