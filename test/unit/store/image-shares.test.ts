import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainId } from '../../../src/model/ids.js';
import type { Layer } from '../../../src/model/layer.js';
import { readLayerUse } from '../../../src/store/image-shares.js';
import { digestOf, makeFakeImage } from '../../support/fake-images.js';

type DiffId = Layer['diffId'];
const diff = (name: string) => digestOf(name) as DiffId;
const stored = (name: string, sizeBytes: number, parent?: string): Layer => ({
  chainId: (parent === undefined ? name : `${parent}/${name}`) as ChainId,
  diffId: diff(name),
  sizeBytes,
  ...(parent === undefined ? {} : { parent: parent as ChainId }),
});

test('the same layer above other ones is another layer, and what two images have is shared', () => {
  const layers = [stored('base', 100), stored('top', 20, 'base'), stored('other', 7), stored('top', 21, 'other')];
  const one = makeFakeImage(['one'], { layers: [diff('base'), diff('top')] });
  const base = makeFakeImage(['base'], { layers: [diff('base')] });
  const other = makeFakeImage(['other'], { layers: [diff('other'), diff('top')] });
  const use = readLayerUse([one, base, other], layers);
  assert.deepEqual(use.share(one.id), { uniqueBytes: 20, sharedBytes: 100 });
  assert.deepEqual(use.share(base.id), { uniqueBytes: 0, sharedBytes: 100 });
  assert.deepEqual(use.share(other.id), { uniqueBytes: 28, sharedBytes: 0 });
  assert.equal(use.freedWith(new Set([one.id])), 20);
  assert.equal(use.freedWith(new Set([one.id, base.id])), 120);
});

test('of an image whose layers an endpoint does not tell nothing is known', () => {
  assert.equal(readLayerUse([makeFakeImage(['one'])], []).share(makeFakeImage(['one']).id), undefined);
});
