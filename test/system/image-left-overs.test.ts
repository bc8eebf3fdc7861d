import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sweepImages } from '../../src/engine/images/sweep.js';
import { startFakeRegistry } from '../support/fake-registry.js';
import { assertStoresEmpty, collect, makeDockerArchive, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay');
const LAYERS = [makeTar([{ path: 'a', content: 'a'.repeat(1_000) }]), makeTar([{ path: 'b', content: 'b' }])];

test('a removal whose process dies after the row has gone is finished by the next sweep', needs, async (t) => {
  const { root, parts, layers, service } = openImages(t);
  await collect(service.load(streamOf(makeDockerArchive(LAYERS, ['x:1']))));
  // The process dies in the first step after the rows: it removes no layer, and lets go of nothing.
  const dying = { ...layers, remove: () => assert.fail('killed') };
  const half = { ...parts, layers: dying, leases: { ...parts.leases, open: openWithoutEnd } };
  const { removeImage } = await import('../../src/engine/images/remove.js');
  assert.throws(() => removeImage(half, 'x:1', { force: false, findUsers: () => [] }), /killed/);
  assert.deepEqual(await service.list(), []);
  assert.equal(layers.list().length, 2);
  parts.database.run("UPDATE content_leases SET owner = '1-1'");
  sweepImages(parts);
  await assertStoresEmpty(root, layers);

  function openWithoutEnd() {
    return { ...parts.leases.open(), release: () => undefined };
  }
});

test('an image that was pulled and is loaded again keeps one form of its blobs', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', LAYERS);
  const { content, service } = openImages(t);
  await collect(service.pull(`${registry.host}/x:1`));
  const before = content.list().length;
  await collect(service.load(streamOf(makeDockerArchive(LAYERS, ['x:2']))));
  assert.equal(content.list().length, before);
  const [image, ...others] = await service.list();
  assert.deepEqual([image?.repoTags.length, others.length], [2, 0]);
});

test('a pull of an image that has lost a blob or a layer brings it back', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', LAYERS);
  const { root, content, layers, images, service } = openImages(t);
  const ref = `${registry.host}/x:1`;
  await collect(service.pull(ref));
  const before = content.list().map(({ digest }) => digest);
  const { stored } = images.resolve(ref);
  const [top] = layers.list().filter(({ parent }) => parent !== undefined);
  content.remove(stored.layerBlobs[0] ?? stored.image.id);
  rmSync(join(root, 'layers', String(top?.chainId).slice('sha256:'.length)), { recursive: true });
  await collect(service.pull(ref));
  assert.deepEqual(
    content
      .list()
      .map(({ digest }) => digest)
      .sort(),
    [...before].sort(),
  );
  assert.equal(layers.list().length, 2);
});

test('an image that has lost a blob takes the one that a load brings, compressed or not', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', LAYERS);
  const { root, content, images, service } = openImages(t);
  await collect(service.pull(`${registry.host}/x:1`));
  const [lost] = images.resolve(`${registry.host}/x:1`).stored.layerBlobs;
  assert.ok(lost !== undefined);
  content.remove(lost);
  await collect(service.load(streamOf(makeDockerArchive(LAYERS, ['x:2']))));
  const { stored } = images.resolve('x:2');
  assert.ok(!stored.layerBlobs.includes(lost));
  for (const digest of stored.layerBlobs) assert.ok(content.stat(digest) !== undefined);
  assert.equal(readdirSync(join(root, 'blobs/sha256')).length, 3, 'what it had before is gone');
});
