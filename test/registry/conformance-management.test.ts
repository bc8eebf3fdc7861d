import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, OCI_MANIFEST, openRegistry, pushBlob, pushImage, randomBlob } from '../support/registry.js';

// OCI distribution-spec 1.1, the workflow "Content Management". A title begins with the section that asks for it.

test('Deleting tags, end-9: 202, then the tag is 404, and the manifest and its other tags stay', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const base = `/v2/${world.repository}/manifests`;
  await world.send('PUT', `${base}/two`, { headers: { 'Content-Type': OCI_MANIFEST }, body: image.text });
  assert.equal((await world.send('DELETE', `${base}/one`)).status, 202);
  assert.equal((await world.send('GET', `${base}/one`)).status, 404);
  assert.equal((await world.send('GET', `${base}/two`)).status, 200);
  assert.equal((await world.send('GET', `${base}/${image.digest}`)).status, 200);
});

test('Deleting Manifests, end-9: 202, then it and every tag of it is 404', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const base = `/v2/${world.repository}/manifests`;
  assert.equal((await world.send('DELETE', `${base}/${image.digest}`)).status, 202);
  assert.equal((await world.send('GET', `${base}/${image.digest}`)).status, 404);
  assert.equal((await world.send('GET', `${base}/one`)).status, 404);
  assert.equal((await world.send('DELETE', `${base}/${image.digest}`)).status, 404);
});

test('Deleting Manifests: in a repository that is not there is 404', async (t) => {
  const world = await openRegistry(t);
  for (const reference of ['one', digestOf('x')]) {
    assert.equal((await world.send('DELETE', `/v2/${world.repository}/manifests/${reference}`)).status, 404);
  }
});

test('Deleting Blobs, end-10: 202, then 404', async (t) => {
  const world = await openRegistry(t);
  const digest = await pushBlob(world, randomBlob().bytes);
  const path = `/v2/${world.repository}/blobs/${digest}`;
  assert.equal((await world.send('DELETE', path)).status, 202);
  assert.equal((await world.send('GET', path)).status, 404);
  assert.equal((await world.send('DELETE', path)).status, 404);
});

test('Deleting Blobs: another repository keeps what it has', async (t) => {
  const world = await openRegistry(t);
  const { bytes } = randomBlob();
  const digest = await pushBlob(world, bytes);
  await pushBlob(world, bytes, `${world.repository}/other`);
  await world.send('DELETE', `/v2/${world.repository}/blobs/${digest}`);
  assert.deepEqual((await world.send('GET', `/v2/${world.repository}/other/blobs/${digest}`)).body, bytes);
});

test('Deleting Blobs: what a manifest is made of stays, 405, until that is deleted', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const image = await pushImage(world, 'one');
  const path = `/v2/${world.repository}/blobs/${image.layer}`;
  assert.equal((await world.send('DELETE', path)).status, 405);
  assert.equal((await world.send('GET', path)).status, 200);
  await world.send('DELETE', `/v2/${world.repository}/manifests/${image.digest}`);
  assert.equal((await world.send('DELETE', path)).status, 202);
});

test('Deleting: what was deleted can be pushed again', async (t) => {
  const world = await openRegistry(t);
  const image = await pushImage(world, 'one');
  const base = `/v2/${world.repository}`;
  await world.send('DELETE', `${base}/manifests/${image.digest}`);
  const put = () =>
    world.send('PUT', `${base}/manifests/one`, { headers: { 'Content-Type': OCI_MANIFEST }, body: image.text });
  assert.equal((await put()).status, 201);
  assert.equal((await world.send('GET', `${base}/manifests/one`)).body.toString(), image.text);
});
