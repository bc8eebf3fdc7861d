import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemovalQueue } from '../../src/engine/layers/removal-queue.js';

test('what is added while a removal works goes together into the next one', async () => {
  const batches: (readonly string[])[] = [];
  const ends: (() => void)[] = [];
  const queue = createRemovalQueue(
    (paths) => {
      batches.push(paths);
      return new Promise((resolve) => ends.push(resolve));
    },
    (error) => assert.fail(String(error)),
  );
  queue.add(['a']);
  queue.add([]);
  queue.add(['b']);
  queue.add(['c', 'd']);
  assert.deepEqual(batches, [['a']]);
  ends[0]?.();
  await new Promise(setImmediate);
  assert.deepEqual(batches, [['a'], ['b', 'c', 'd']]);
  let isDrained = false;
  const drained = queue.drain().then(() => {
    isDrained = true;
  });
  await new Promise(setImmediate);
  assert.equal(isDrained, false);
  ends[1]?.();
  await drained;
});

test('a removal that fails is told, and the next one goes on', async () => {
  const failures: unknown[] = [];
  const removed: string[] = [];
  const queue = createRemovalQueue(
    (paths) => {
      if (paths.includes('bad')) return Promise.reject(new Error('busy'));
      removed.push(...paths);
      return Promise.resolve();
    },
    (error) => void failures.push(error),
  );
  queue.add(['bad']);
  queue.add(['good']);
  await queue.drain();
  assert.deepEqual(failures.map(String), ['Error: busy']);
  assert.deepEqual(removed, ['good']);
  await queue.drain();
});
