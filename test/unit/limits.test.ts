import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyLimitsPatch } from '../../src/model/limits.js';

test('a limits patch keeps absent fields, sets given ones and lifts those that are null', () => {
  const limits = applyLimitsPatch(
    { memoryBytes: 1024, pidsMax: 5, cpuShares: 2 },
    { memoryBytes: 2048, pidsMax: null },
  );
  assert.deepEqual(limits, { memoryBytes: 2048, cpuShares: 2 });
});
