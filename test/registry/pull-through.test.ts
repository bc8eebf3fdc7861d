import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RegistryOptions } from '../../src/model/registry-options.js';
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  OCTETS,
  openRegistry,
  pushBlob,
  pushImage,
  randomBlob,
} from '../support/registry.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

/** A registry, and a cache in front of it. */
async function openBoth(t: TestContext, options: Partial<RegistryOptions> = {}) {
  const origin = await openRegistry(t, { idleMs: 60_000 });
  const cache = await openRegistry(t, { proxy: new URL(origin.url).host, proxyTagMs: 0, ...options });
  return { origin, cache };
}

test('a cache gives what the registry behind it has, and keeps it', async (t) => {
  const { origin, cache } = await openBoth(t);
  const image = await pushImage(origin, 'one', { repository: 'team/app' });
  const get = (place: string) => cache.send('GET', `/v2/team/app/${place}`);
  const manifest = await get('manifests/one');
  assert.deepEqual([manifest.status, manifest.body.toString()], [200, image.text]);
  assert.equal(manifest.headers['content-type'], OCI_MANIFEST);
  const blob = await get(`blobs/${image.layer}`);
  assert.deepEqual([blob.status, digestOf(blob.body)], [200, image.layer]);
  assert.equal((await get(`blobs/${image.config}`)).status, 200);
  await origin.stop();
  assert.equal((await get('manifests/one')).body.toString(), image.text);
  assert.equal((await get(`manifests/${image.digest}`)).body.toString(), image.text);
  assert.equal(digestOf((await get(`blobs/${image.layer}`)).body), image.layer);
  assert.match(cache.warnings.join('\n'), /team\/app:one may be old/);
});

test('a cache asks for a tag again once its time is over, and forgets one that has gone', async (t) => {
  const { origin, cache } = await openBoth(t);
  await pushImage(origin, 'one', { repository: 'a' });
  const digest = async () => (await cache.send('HEAD', '/v2/a/manifests/one')).headers['docker-content-digest'];
  const first = await digest();
  const moved = await pushImage(origin, 'one', { repository: 'a' });
  assert.notEqual(first, moved.digest);
  assert.equal(await digest(), moved.digest);
  await origin.send('DELETE', '/v2/a/manifests/one');
  assert.equal((await cache.send('GET', '/v2/a/manifests/one')).status, 404);
});

test('within its time a tag is believed without asking', async (t) => {
  const { origin, cache } = await openBoth(t, { proxyTagMs: 60_000 });
  const image = await pushImage(origin, 'one', { repository: 'a' });
  await cache.send('GET', '/v2/a/manifests/one');
  await pushImage(origin, 'one', { repository: 'a' });
  const asked = origin.lines.length;
  assert.equal((await cache.send('GET', '/v2/a/manifests/one')).body.toString(), image.text);
  assert.equal(origin.lines.length, asked);
});

test('a child of an index comes when it is asked for', async (t) => {
  const { origin, cache } = await openBoth(t);
  const child = await pushImage(origin, '', { repository: 'a' });
  const manifests = [{ mediaType: OCI_MANIFEST, digest: child.digest, size: child.text.length }];
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  await origin.send('PUT', '/v2/a/manifests/index', { headers: { 'Content-Type': OCI_INDEX }, body });
  assert.equal((await cache.send('GET', '/v2/a/manifests/index')).body.toString(), body);
  assert.equal((await cache.send('GET', `/v2/a/manifests/${child.digest}`)).body.toString(), child.text);
});

test('many clients that ask for one blob fetch it once', async (t) => {
  const { origin, cache } = await openBoth(t);
  const { bytes, digest } = randomBlob(4_000_000);
  await pushBlob(origin, bytes, 'a');
  const answers = await Promise.all(Array.from({ length: 6 }, () => cache.send('GET', `/v2/a/blobs/${digest}`)));
  for (const { status, body } of answers) assert.deepEqual([status, digestOf(body)], [200, digest]);
  await origin.stop();
  assert.equal(origin.lines.filter((line) => line.includes(`GET /v2/a/blobs/${digest}`)).length, 1);
});

test('HEAD of a blob tells its size without fetching it', async (t) => {
  const { origin, cache } = await openBoth(t);
  const { bytes, digest } = randomBlob(4_000_000);
  await pushBlob(origin, bytes, 'a');
  const { status, headers } = await cache.send('HEAD', `/v2/a/blobs/${digest}`);
  assert.deepEqual([status, headers['content-length']], [200, '4000000']);
});

test('a blob that is not what its digest says reaches no client whole, and is not kept', async (t) => {
  const folder = makeTemporaryFolder(t);
  const { bytes, digest } = randomBlob(1000);
  const origin = await openRegistry(t, { folder });
  await pushBlob(origin, bytes, 'a');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)), randomBlob(1000).bytes);
  const cache = await openRegistry(t, { proxy: new URL(origin.url).host });
  const received = await new Promise<number>((resolve, reject) => {
    request(`${cache.url}/v2/a/blobs/${digest}`, { agent: false }, (response) => {
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
      });
      response.on('error', () => resolve(length));
      response.on('end', () => reject(new Error('the answer is whole')));
    })
      .on('error', reject)
      .end();
  });
  assert.ok(received < 1000);
  await cache.stop();
  const left = await openRegistry(t, { folder: cache.folder });
  assert.equal((await left.send('HEAD', `/v2/a/blobs/${digest}`)).status, 404);
});

test('a cache takes no pushes, says 404 for what is nowhere, and 502 where nobody answers behind it', async (t) => {
  const { origin, cache } = await openBoth(t);
  const push = await cache.send('POST', '/v2/a/blobs/uploads/', { headers: { ...OCTETS, 'Content-Length': 0 } });
  assert.equal(push.status, 405);
  for (const place of ['manifests/one', `manifests/${digestOf('x')}`, `blobs/${digestOf('x')}`]) {
    assert.equal((await cache.send('GET', `/v2/a/${place}`)).status, 404, place);
  }
  await origin.stop();
  assert.equal((await cache.send('GET', '/v2/a/manifests/one')).status, 502);
});
