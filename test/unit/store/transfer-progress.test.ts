import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTransferProgress } from '../../../src/store/transfers/transfer-progress.js';
import { digestOf } from '../../support/fake-images.js';

const [one, two, three] = [digestOf('one'), digestOf('two'), digestOf('three')];

test('the sum is of what came, whatever the layer does with it afterwards', () => {
  const progress = createTransferProgress();
  progress.add({ phase: 'pending', digest: one });
  progress.add({ phase: 'pending', digest: two });
  progress.add({ phase: 'exists', digest: three });
  progress.add({ phase: 'downloading', digest: one, doneBytes: 40, totalBytes: 100 });
  const { totals } = progress.read(0);
  assert.deepEqual([totals.doneBytes, totals.totalBytes, totals.isWholeKnown], [40, 100, false]);
  assert.deepEqual([totals.doneLayers, totals.layers], [1, 3]);
  progress.add({ phase: 'downloaded', digest: one });
  progress.add({ phase: 'extracting', digest: one, doneBytes: 5, totalBytes: 700 });
  progress.add({ phase: 'downloading', digest: two, doneBytes: 50, totalBytes: 50 });
  const later = progress.read(0);
  assert.deepEqual([later.totals.doneBytes, later.totals.totalBytes, later.totals.isWholeKnown], [150, 150, true]);
  const [first] = later.layers;
  assert.deepEqual([first?.phase, first?.doneBytes, first?.totalBytes], ['extracting', 5, 700]);
});

test('the rate is that of the last seconds and sinks when nothing comes', () => {
  const progress = createTransferProgress();
  progress.count(0, 10_000);
  progress.read(0);
  progress.count(1000, 10_000);
  assert.equal(progress.read(1000).totals.bytesPerSecond, 1000);
  progress.count(4000, 10_000);
  assert.equal(progress.read(2000).totals.bytesPerSecond, 2000);
  for (let second = 3; second <= 6; second++) progress.read(second * 1000);
  assert.equal(progress.read(7000).totals.bytesPerSecond, 0);
});
