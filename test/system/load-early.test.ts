import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loadImages } from '../../src/engine/images/load.js';
import { erofsDriver } from '../../src/engine/layers/drivers/erofs-driver.js';
import { tarOf } from '../../src/engine/layers/drivers/image-files.js';
import { INDEX_FILE } from '../../src/engine/layers/file-index/layer-indexes.js';
import type { LayerStore } from '../../src/engine/layers/layer-store.js';
import { assertStoresEmpty, collect, makeConfig, makeDockerArchive, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';

const NEEDS = requires('root', 'overlay', 'erofs');

/** Larger than what is left until its image is known; with a part that a thread digests. */
function makeLayer(...entries: readonly TestEntry[]): Buffer {
  return makeTar([
    ...entries,
    ...Array.from({ length: 300 }, (_, i) => ({ path: `d${i % 7}/file${i}`, content: `${i} `.repeat(i) })),
    { path: 'random', content: RANDOM },
  ]);
}

const RANDOM = randomFillSync(Buffer.alloc(18 << 20));
const LOWER = makeLayer({ path: 'a', content: 'lower' });
const UPPER = makeLayer({ path: 'd1/.wh.file1' }, { path: 'd2/.wh..wh..opq' }, { path: 'b', content: 'upper' });

/** A store of layers that keep their tars, and how many of them were made of a tar that had been read before. */
function open(t: TestContext) {
  const opened = openImages(t, undefined, { driver: erofsDriver });
  const made = { late: 0 };
  const layers: LayerStore = {
    ...opened.layers,
    apply(source, options) {
      made.late++;
      return opened.layers.apply(source, options);
    },
  };
  const load = (archive: AsyncIterable<Uint8Array>, signal?: AbortSignal) =>
    collect(loadImages({ ...opened.parts, layers }, archive, signal));
  return { ...opened, load, made };
}

/** All layers, with all that is kept of them. */
function readLayers({ layers }: ReturnType<typeof open>) {
  const root = layers.places[0]?.root ?? '';
  return layers
    .list()
    .map((layer) => {
      const place = join(root, 'layers', layer.chainId.slice('sha256:'.length));
      return { layer, index: readFileSync(join(place, INDEX_FILE)), tar: readFileSync(tarOf(place)) };
    })
    .sort((a, b) => (a.layer.chainId < b.layer.chainId ? -1 : 1));
}

for (const [what, tars, late] of [
  ['an image', [LOWER, UPPER], 0],
  ['an image whose lowest layer hides what is not there', [UPPER, LOWER], 1],
  ['an image that has a layer twice', [LOWER, LOWER], 1],
] as const) {
  test(`the layers of ${what} are the same, made as its archive is read or when that is known`, NEEDS, async (t) => {
    const [early, packed] = [open(t), open(t)];
    await early.load(streamOf(makeDockerArchive(tars, ['demo:1']), 1 << 20));
    assert.equal(early.made.late, late);
    const gzipped = tars.map((tar) => gzipSync(tar, { level: 1 }));
    await packed.load(streamOf(makeDockerArchive(gzipped, ['demo:1'], makeConfig(tars)), 1 << 20));
    assert.equal(packed.made.late, 2);
    assert.deepEqual(readLayers(early), readLayers(packed));
    // Those that are there already are not made again, and what was begun is gone.
    await early.load(streamOf(makeDockerArchive(tars, ['demo:2']), 100_000));
    assert.deepEqual(readLayers(early), readLayers(packed));
    await early.service.remove('demo:1');
    await early.service.remove('demo:2');
    await assertStoresEmpty(early.root, early.layers);
  });
}

test('what looks like a layer and is none leaves nothing', NEEDS, async (t) => {
  const opened = open(t);
  const archive = makeDockerArchive([LOWER], ['demo:1']);
  const beside = makeTar([
    { path: 'junk.tar', content: UPPER },
    { path: 'cut.tar', content: LOWER.subarray(0, 2 << 20) },
    // The last of one path counts.
    { path: 'layer0/layer.tar', content: UPPER },
  ]);
  // Without its end the other archive goes on in it.
  await opened.load(streamOf(Buffer.concat([beside.subarray(0, beside.length - 1024), archive]), 1 << 20));
  assert.equal(opened.layers.list().length, 1);
  await opened.service.remove('demo:1');
  await assertStoresEmpty(opened.root, opened.layers);
});

test('a hostile layer is refused in the same words, and nothing is left', NEEDS, async (t) => {
  const opened = open(t);
  const hostile = makeLayer({ path: '../x' });
  const images = makeDockerArchive([LOWER, hostile], ['demo:1']);
  await assert.rejects(opened.load(streamOf(images, 1 << 20)), {
    kind: 'invalid-argument',
    message: /leads out of the root/,
  });
  await assertStoresEmpty(opened.root, opened.layers);
});

test('a load that is cancelled in the middle of a layer leaves nothing', NEEDS, async (t) => {
  const opened = open(t);
  const stop = new AbortController();
  async function* stopping(): AsyncGenerator<Uint8Array> {
    for await (const bytes of streamOf(makeDockerArchive([LOWER, UPPER], ['demo:1']), 1 << 20)) {
      yield bytes;
      if (++parts === 25) stop.abort();
    }
  }
  let parts = 0;
  await assert.rejects(opened.load(stopping(), stop.signal), { kind: 'cancelled' });
  await assertStoresEmpty(opened.root, opened.layers);
});
