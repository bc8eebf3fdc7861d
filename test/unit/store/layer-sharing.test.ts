import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainId } from '../../../src/model/ids.js';
import { findSharing } from '../../../src/model/layer-sharing.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { digestOf, makeFakeImage } from '../../support/fake-images.js';

const layer = (name: string) => digestOf(name) as ReturnType<typeof makeFakeImage>['layers'][number];

test('a layer is shared with the images and containers that stand on the same chain, and not above where they part', async () => {
  const [base, python, tools] = [layer('base'), layer('python'), layer('tools')];
  const debian = makeFakeImage(['debian:latest'], { layers: [base] });
  const app = makeFakeImage(['app:1'], { layers: [base, python, tools] });
  // The same third layer above another second one is another layer in the store.
  const other = makeFakeImage(['other:1'], { layers: [base, layer('node'), tools] });
  const images = [debian, app, other];
  const engine = new FakeEngine({ images });
  for (const [name, image] of [
    ['one', 'app:1'],
    ['two', 'app:1'],
    ['plain', 'debian'],
  ] as const)
    await engine.add({ name, image });
  const containers = await engine.containers.list();
  const layers = app.layers.map((diffId) => ({ diffId, chainId: diffId as string as ChainId, sizeBytes: 1 }));
  const found = findSharing(await engine.containers.inspect('one'), layers, { images, containers });
  const names = found.map((each) => [
    each.images.map(({ repoTags }) => repoTags[0]).join(),
    each.containers
      .map(({ name }) => name)
      .sort()
      .join(),
  ]);
  assert.deepEqual(names, [
    ['debian:latest,other:1', 'plain,two'],
    ['', 'two'],
    ['', 'two'],
  ]);
});
