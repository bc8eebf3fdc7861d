import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  OCTETS,
  openRegistry,
  pushBlob,
  pushImage,
  type RegistryWorld,
  randomBlob,
  withQuery,
} from '../support/registry.js';

// OCI distribution-spec 1.1, the workflow "Push". A title begins with the section that asks for it.

const EMPTY = { headers: { 'Content-Length': 0 } };

async function startUpload({ send, repository }: RegistryWorld, query = ''): Promise<string> {
  const { status, headers } = await send('POST', `/v2/${repository}/blobs/uploads/${query}`, EMPTY);
  assert.equal(status, 202);
  assert.ok(headers.location);
  return headers.location;
}

async function assertPullable({ send }: RegistryWorld, location: string | undefined, bytes: Buffer): Promise<void> {
  const { status, body } = await send('GET', String(location));
  assert.equal(status, 200);
  assert.deepEqual(body, bytes);
}

function chunk(bytes: Buffer, first: number, last: number) {
  const headers = { ...OCTETS, 'Content-Range': `${first}-${last}`, 'Content-Length': last - first + 1 };
  return { headers, body: bytes.subarray(first, last + 1) };
}

test('POST then PUT, end-4a and end-6: the blob is at the Location of the answer', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob();
  const location = await startUpload(world);
  assert.match(location, /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/);
  const done = await world.send('PUT', withQuery(location, `digest=${digest}`), { headers: OCTETS, body: bytes });
  assert.equal(done.status, 201);
  await assertPullable(world, done.headers.location, bytes);
});

test('POST then PUT: content that is not what the digest says is refused with 400 and not kept', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob();
  const place = withQuery(await startUpload(world), `digest=${digest}`);
  const answer = await world.send('PUT', place, {
    headers: OCTETS,
    body: Buffer.concat([bytes, Buffer.from('oh no')]),
  });
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.codes(), ['DIGEST_INVALID']);
  assert.equal((await world.send('HEAD', `/v2/${world.repository}/blobs/${digest}`)).status, 404);
});

test('Pushing blobs: a digest that is invalid or of an unknown algorithm is refused with 400', async (t) => {
  const world = await openRegistry(t);
  for (const digest of ['sha256:short', 'nothing', 'md5:d41d8cd98f00b204e9800998ecf8427e', '']) {
    const place = withQuery(await startUpload(world), `digest=${digest}`);
    const answer = await world.send('PUT', place, { headers: OCTETS, body: 'x' });
    assert.equal(answer.status, 400, digest);
    assert.deepEqual(answer.codes(), ['DIGEST_INVALID']);
  }
});

test('Single POST, end-4b: the blob is there after one request', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob();
  const path = `/v2/${world.repository}/blobs/uploads/?digest=${digest}`;
  const done = await world.send('POST', path, { headers: OCTETS, body: bytes });
  assert.equal(done.status, 201);
  await assertPullable(world, done.headers.location, bytes);
});

test('Single POST: another digest is refused with 400', async (t) => {
  const world = await openRegistry(t);
  const path = `/v2/${world.repository}/blobs/uploads/?digest=${digestOf('other')}`;
  assert.equal((await world.send('POST', path, { headers: OCTETS, body: 'this' })).status, 400);
});

test('Pushing a blob in chunks, end-5: each chunk is answered with 202, Location and Range', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(3000);
  let location = await startUpload(world);
  for (const [first, last] of [
    [0, 999],
    [1000, 1999],
    [2000, 2999],
  ] as const) {
    const { status, headers } = await world.send('PATCH', location, chunk(bytes, first, last));
    assert.equal(status, 202);
    assert.equal(headers['range'], `0-${last}`);
    location = String(headers.location);
  }
  const done = await world.send('PUT', withQuery(location, `digest=${digest}`), EMPTY);
  assert.equal(done.status, 201);
  await assertPullable(world, done.headers.location, bytes);
});

test('Pushing a blob in chunks: the last one may come with the PUT', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(3000);
  const started = await startUpload(world);
  const { headers } = await world.send('PATCH', started, chunk(bytes, 0, 1999));
  const place = withQuery(String(headers.location), `digest=${digest}`);
  const done = await world.send('PUT', place, chunk(bytes, 2000, 2999));
  assert.equal(done.status, 201);
  await assertPullable(world, done.headers.location, bytes);
});

test('Pushing a blob in chunks: one stream without Content-Range', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(3000);
  const started = await startUpload(world);
  const streamed = await world.send('PATCH', started, {
    headers: { ...OCTETS, 'Transfer-Encoding': 'chunked' },
    body: bytes,
  });
  assert.equal(streamed.status, 202);
  const done = await world.send('PUT', withQuery(String(streamed.headers.location), `digest=${digest}`), EMPTY);
  assert.equal(done.status, 201);
  await assertPullable(world, done.headers.location, bytes);
});

test('Pushing a blob in chunks: one out of order is 416, and the upload can go on', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(3000);
  const location = await startUpload(world);
  assert.equal((await world.send('PATCH', location, chunk(bytes, 1000, 1999))).status, 416);
  assert.equal((await world.send('PATCH', location, chunk(bytes, 0, 999))).status, 202);
  assert.equal((await world.send('PATCH', location, chunk(bytes, 0, 999))).status, 416);
  assert.equal((await world.send('PATCH', location, chunk(bytes, 2000, 2999))).status, 416);
  const status = await world.send('GET', location);
  assert.equal(status.status, 204);
  assert.equal(status.headers['range'], '0-999');
  const rest = await world.send('PUT', withQuery(location, `digest=${digest}`), chunk(bytes, 1000, 2999));
  assert.equal(rest.status, 201);
});

test('Pushing a blob in chunks: a last one out of order is 416', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob(3000);
  const location = await startUpload(world);
  await world.send('PATCH', location, chunk(bytes, 0, 999));
  const place = withQuery(location, `digest=${digest}`);
  assert.equal((await world.send('PUT', place, chunk(bytes, 2000, 2999))).status, 416);
});

test('Pushing a blob in chunks: a range that is not the length of the chunk is refused with SIZE_INVALID', async (t) => {
  const world = await openRegistry(t);
  const location = await startUpload(world);
  const answer = await world.send('PATCH', location, {
    headers: { ...OCTETS, 'Content-Range': '0-99' },
    body: 'short',
  });
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.codes(), ['SIZE_INVALID']);
});

test('Pushing a blob in chunks, end-4c: a sha512 blob is taken, with and without digest-algorithm', async (t) => {
  const world = await openRegistry(t);
  for (const query of ['?digest-algorithm=sha512', '']) {
    const { bytes } = randomBlob(3000);
    const digest = digestOf(bytes, 'sha512');
    const location = await startUpload(world, query);
    await world.send('PATCH', location, chunk(bytes, 0, 999));
    const done = await world.send('PUT', withQuery(location, `digest=${digest}`), chunk(bytes, 1000, 2999));
    assert.equal(done.status, 201);
    assert.equal((await world.send('GET', String(done.headers.location))).headers['docker-content-digest'], digest);
  }
});

test('Pushing blobs: an empty blob', async (t) => {
  const world = await openRegistry(t);
  const digest = await pushBlob(world, '');
  const { status, body, headers } = await world.send('GET', `/v2/${world.repository}/blobs/${digest}`);
  assert.deepEqual([status, body.length, headers['content-length']], [200, 0, '0']);
});

test('Getting the status, end-13: 204, Location and Range; 404 for an upload that is not there', async (t) => {
  const world = await openRegistry(t);
  const location = await startUpload(world);
  const { status, headers } = await world.send('GET', location);
  assert.equal(status, 204);
  assert.ok(headers.location && headers['range']);
  const unknown = `/v2/${world.repository}/blobs/uploads/00000000-0000-4000-8000-000000000000`;
  for (const [method, place] of [
    ['GET', unknown],
    ['PATCH', unknown],
    ['PUT', `${unknown}?digest=${digestOf('x')}`],
    ['DELETE', unknown],
  ] as const) {
    const answer = await world.send(method, place, EMPTY);
    assert.equal(answer.status, 404, method);
    assert.deepEqual(answer.codes(), ['BLOB_UPLOAD_UNKNOWN']);
  }
});

test('Getting the status: an upload belongs to its repository', async (t) => {
  const world = await openRegistry(t);
  const location = await startUpload(world);
  const id = location.split('/').at(-1);
  assert.equal((await world.send('GET', `/v2/${world.repository}/other/blobs/uploads/${id}`)).status, 404);
});

test('Cancel a blob upload, end-14: 204, and then it is gone', async (t) => {
  const world = await openRegistry(t);
  const location = await startUpload(world);
  await world.send('PATCH', location, chunk(randomBlob(100).bytes, 0, 99));
  assert.equal((await world.send('DELETE', location, EMPTY)).status, 204);
  assert.equal((await world.send('GET', location)).status, 404);
});

test('Mounting a blob, end-11: from a repository that has it, 201 and Location', async (t) => {
  const world = await openRegistry(t);
  const { bytes } = randomBlob();
  const from = `${world.repository}/from`;
  const digest = await pushBlob(world, bytes, from);
  const path = `/v2/${world.repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
  const mounted = await world.send('POST', path, EMPTY);
  assert.equal(mounted.status, 201);
  assert.equal(mounted.headers['docker-content-digest'], digest);
  await assertPullable(world, mounted.headers.location, bytes);
});

test('Mounting a blob: without from, from any repository', async (t) => {
  const world = await openRegistry(t);
  const { bytes } = randomBlob();
  const digest = await pushBlob(world, bytes, `${world.repository}/from`);
  const mounted = await world.send('POST', `/v2/${world.repository}/blobs/uploads/?mount=${digest}`, EMPTY);
  assert.equal(mounted.status, 201);
  await assertPullable(world, mounted.headers.location, bytes);
});

test('Mounting a blob: one that cannot be mounted begins an upload, 202', async (t) => {
  const world = await openRegistry(t);
  const { bytes, digest } = randomBlob();
  const path = `/v2/${world.repository}/blobs/uploads/?mount=${digest}&from=${world.repository}/nothing`;
  const started = await world.send('POST', path, EMPTY);
  assert.equal(started.status, 202);
  const place = withQuery(String(started.headers.location), `digest=${digest}`);
  assert.equal((await world.send('PUT', place, { headers: OCTETS, body: bytes })).status, 201);
});

test('Pushing Manifests, end-7a: 201, Location and digest; the bytes stay as they came', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const again = await world.send('PUT', `/v2/${world.repository}/manifests/two`, {
    headers: { 'Content-Type': `${OCI_MANIFEST}; charset=utf-8` },
    body: image.text,
  });
  assert.equal(again.status, 201);
  assert.equal(again.headers['docker-content-digest'], image.digest);
  const { body, headers } = await world.send('GET', String(again.headers.location));
  assert.equal(body.toString(), image.text);
  assert.equal(headers['content-type'], OCI_MANIFEST);
});

test('Pushing Manifests: by a digest that is not its own is refused with 400', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  for (const digest of [digestOf('other'), 'sha256:baddigeststring']) {
    const answer = await world.send('PUT', `/v2/${world.repository}/manifests/${digest}`, {
      headers: { 'Content-Type': OCI_MANIFEST },
      body: image.text,
    });
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.codes(), ['DIGEST_INVALID']);
  }
});

test('Pushing Manifests: by a sha512 digest', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const path = `/v2/${world.repository}/manifests/${digestOf(image.text, 'sha512')}`;
  const put = await world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body: image.text });
  assert.equal(put.status, 201);
  assert.equal((await world.send('GET', path)).body.toString(), image.text);
});

test('Pushing Manifests, end-7b: tags in the query are set, and OCI-Tag says which', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const tags = Array.from({ length: 12 }, (_, index) => `1.${index}`);
  const path = `/v2/${world.repository}/manifests/${image.digest}?${tags.map((tag) => `tag=${tag}`).join('&')}`;
  const put = await world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body: image.text });
  assert.equal(put.status, 201);
  assert.deepEqual(String(put.headers['oci-tag']).split(/,\s*/), tags);
  const tagged = await world.send('HEAD', `/v2/${world.repository}/manifests/1.11`);
  assert.equal(tagged.headers['docker-content-digest'], image.digest);
});

test('Push: a manifest of blobs that are not there is MANIFEST_BLOB_UNKNOWN', async (t) => {
  const world = await openRegistry(t);
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('x'), size: 1 };
  const answer = await world.send('PUT', `/v2/${world.repository}/manifests/one`, {
    headers: { 'Content-Type': OCI_MANIFEST },
    body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] }),
  });
  assert.ok(answer.status >= 400 && answer.status < 500);
  assert.deepEqual(answer.codes(), ['MANIFEST_BLOB_UNKNOWN']);
  assert.equal((await world.send('GET', `/v2/${world.repository}/manifests/one`)).status, 404);
});

test('Push: an index and an index of indexes', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, '');
  let child = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.text.length };
  for (const tag of ['index', 'nested']) {
    const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] });
    const path = `/v2/${world.repository}/manifests/${tag}`;
    const put = await world.send('PUT', path, { headers: { 'Content-Type': OCI_INDEX }, body });
    assert.equal(put.status, 201);
    const { headers, body: got } = await world.send('GET', path);
    assert.equal(headers['content-type'], OCI_INDEX);
    assert.equal(got.toString(), body);
    child = { mediaType: OCI_INDEX, digest: digestOf(body), size: body.length };
  }
});

test("Push: Docker's schema 2 manifest and manifest list", async (t) => {
  const world = await openRegistry(t);
  const { bytes } = randomBlob();
  const layer = {
    mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    digest: await pushBlob(world, bytes),
    size: bytes.length,
  };
  const config = {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    digest: await pushBlob(world, '{}'),
    size: 2,
  };
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const text = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] });
  const listType = 'application/vnd.docker.distribution.manifest.list.v2+json';
  const platform = { os: 'linux', architecture: 'amd64' };
  const manifests = [{ mediaType, digest: digestOf(text), size: text.length, platform }];
  const list = JSON.stringify({ schemaVersion: 2, mediaType: listType, manifests });
  for (const [tag, type, body] of [
    ['image', mediaType, text],
    ['list', listType, list],
  ] as const) {
    const path = `/v2/${world.repository}/manifests/${tag}`;
    assert.equal((await world.send('PUT', path, { headers: { 'Content-Type': type }, body })).status, 201);
    const { headers, body: got } = await world.send('GET', path);
    assert.deepEqual([headers['content-type'], got.toString()], [type, body]);
  }
});

test('Pushing Manifests: layers that are fetched from elsewhere need not be there', async (t) => {
  const world = await openRegistry(t);
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
  const layers = [{ mediaType, digest: digestOf('elsewhere'), size: 9, urls: ['https://example.org/layer'] }];
  assert.match((await pushImage(world, 'foreign', { additions: { layers } })).digest, /^sha256:/);
});

test('Pushing Manifests: fields of others, data in a descriptor and no layers at all are taken as they are', async (t) => {
  const world = await openRegistry(t);
  const additions = { layers: [], 'org.example': { of: 'others' } };
  const image = await pushImage(world, 'custom', { additions });
  const { body } = await world.send('GET', `/v2/${world.repository}/manifests/custom`);
  assert.equal(body.toString(), image.text);
});

test('Pushing Manifests: one that is none is MANIFEST_INVALID', async (t) => {
  const world = await openRegistry(t);
  const { text } = await pushImage(world, 'one');
  const good = JSON.parse(text);
  const bad: readonly (readonly [string, string])[] = [
    [OCI_MANIFEST, 'no json'],
    [OCI_MANIFEST, '[]'],
    [OCI_MANIFEST, '{}'],
    [OCI_INDEX, text],
    [OCI_MANIFEST, JSON.stringify({ ...good, manifests: [] })],
    [OCI_MANIFEST, JSON.stringify({ ...good, config: { ...good.config, size: -1 } })],
    [OCI_MANIFEST, JSON.stringify({ ...good, config: { ...good.config, size: 7 } })],
    [OCI_MANIFEST, JSON.stringify({ ...good, config: { ...good.config, digest: 'sha256:../../x' } })],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws', JSON.stringify({ schemaVersion: 1, name: 'x' })],
    ['text/plain', 'x'],
  ];
  for (const [type, body] of bad) {
    const answer = await world.send('PUT', `/v2/${world.repository}/manifests/bad`, {
      headers: { 'Content-Type': type },
      body,
    });
    assert.equal(answer.status, 400, `${type} ${body}`);
    assert.deepEqual(answer.codes(), ['MANIFEST_INVALID']);
  }
});

test('Pushing Manifests: 4 megabytes are taken, more than the limit is 413', async (t) => {
  const world = await openRegistry(t);
  const annotations = { 'org.example.long': 'x'.repeat(4 * 1000 * 1000 - 2000) };
  const image = await pushImage(world, 'large', { additions: { annotations } });
  assert.ok(image.text.length > 3_990_000);
  const body = JSON.stringify({ ...JSON.parse(image.text), annotations: { x: 'x'.repeat(4 * 1024 * 1024) } });
  const path = `/v2/${world.repository}/manifests/larger`;
  const answer = await world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body });
  assert.equal(answer.status, 413);
});

test('Pushing Manifests with Subject: OCI-Subject says that it was understood, also where the subject is missing', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  for (const digest of [image.digest, digestOf('not there yet')]) {
    const subject = { mediaType: OCI_MANIFEST, digest, size: image.text.length };
    const body = JSON.stringify({ ...JSON.parse(image.text), subject });
    const path = `/v2/${world.repository}/manifests/${digestOf(body)}`;
    const put = await world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body });
    assert.equal(put.status, 201);
    assert.equal(put.headers['oci-subject'], digest);
  }
});

test('API: a method that a path does not have is 405, an unknown path 404', async (t) => {
  const { send, repository } = await openRegistry(t);
  assert.equal((await send('PATCH', `/v2/${repository}/manifests/one`, EMPTY)).status, 405);
  assert.equal((await send('POST', '/v2/', EMPTY)).status, 405);
  assert.equal((await send('GET', '/v1/_ping')).status, 404);
});
