import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, randomHex } from '../../src/platform/random.js';

test('random hex has two digits a byte, more than the kernel gives at once too, and never twice the same', () => {
  for (const bytes of [1, 32, 1000]) assert.match(randomHex(bytes), new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
  assert.equal(new Set(Array.from({ length: 100 }, () => randomHex(8))).size, 100);
});

test('random numbers are all of those below the limit, and no other', () => {
  // That one of five is missing among 500 has a chance of 10^-48.
  assert.deepEqual([...new Set(Array.from({ length: 500 }, () => randomBelow(5)))].sort(), [0, 1, 2, 3, 4]);
  assert.equal(randomBelow(1), 0);
  assert.ok(randomBelow(2 ** 32) < 2 ** 32);
});
