import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StagedBlob } from '../../src/engine/content/content-store.js';
import { applyLayers } from '../../src/engine/images/apply-layers.js';
import { toChainIds } from '../../src/engine/layers/chain-id.js';
import type { ChainId, DiffId } from '../../src/model/ids.js';
import type { PullProgress } from '../../src/model/image.js';
import { openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay');
const TARS = ['a', 'b', 'c', 'd'].map((name) => makeTar([{ path: name, content: name }]));

function open(t: TestContext) {
  const { parts, layers, root } = openImages(t);
  const blobs = TARS.map((tar) => parts.content.put(tar));
  t.after(() => {
    for (const blob of blobs) blob.discard();
  });
  const diffIds = blobs.map(({ digest }) => digest as string as DiffId);
  const made: ChainId[] = [];
  const progress: PullProgress[] = [];
  const apply = (given: readonly (StagedBlob | Promise<StagedBlob>)[], signal?: AbortSignal) =>
    applyLayers(parts, {
      diffIds,
      blobs: given,
      ...(signal && { signal }),
      onProgress: (step) => void progress.push(step),
      onNew: (id) => void made.push(id),
    });
  const isUnpacking = (index: number) =>
    progress.some((step) => step.phase === 'extracting' && step.digest === diffIds[index]);
  return { root, layers, blobs, made, isUnpacking, apply, chainIds: toChainIds(diffIds) };
}

test('a layer is unpacked while the one below is still on its way, and takes its place after it', needs, async (t) => {
  const { layers, blobs, made, isUnpacking, apply, chainIds } = open(t);
  const lowest = Promise.withResolvers<StagedBlob>();
  const [first, ...others] = blobs;
  const applied = apply([lowest.promise, ...others]);
  await waitUntil('the second layer', () => isUnpacking(1));
  assert.deepEqual(layers.list(), []);
  if (first !== undefined) lowest.resolve(first);
  assert.deepEqual(
    (await applied).map(({ chainId }) => chainId),
    chainIds,
  );
  assert.deepEqual(made, chainIds);
  assert.equal(layers.stack(chainIds[3] as ChainId).length, 4);
});

test(
  'a layer that is not what it should be ends the others at once, and what is on its way is not waited for',
  needs,
  async (t) => {
    const { root, layers, blobs, made, apply, chainIds } = open(t);
    const [first, second] = blobs as [StagedBlob, StagedBlob];
    const never = new Promise<StagedBlob>(() => undefined);
    await assert.rejects(apply([first, first, never, never]), {
      kind: 'invalid-argument',
      message: /not what it should be/,
    });
    assert.deepEqual(made, chainIds.slice(0, 1));
    await assert.rejects(apply([never, first, second, never]), {
      kind: 'invalid-argument',
      message: /not what it should be/,
    });
    assert.equal(layers.list().length, 1);
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
  },
);

test('a signal ends it', needs, async (t) => {
  const { layers, blobs, isUnpacking, apply } = open(t);
  const stop = new AbortController();
  const never = new Promise<StagedBlob>(() => undefined);
  const applied = apply([never, ...blobs.slice(1)], stop.signal);
  await waitUntil('the second layer', () => isUnpacking(1));
  stop.abort();
  await assert.rejects(applied, { kind: 'cancelled' });
  assert.deepEqual(layers.list(), []);
});
