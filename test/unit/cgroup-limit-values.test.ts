import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fromCpuWeight,
  fromIoWeight,
  parseCpuList,
  patchLimits,
  toCpuQuota,
  toCpuWeight,
  toIoWeight,
  toSwapMax,
} from '../../src/engine/isolation/cgroup/limit-values.js';

const MIB = 2 ** 20;

test('shares become weights so that both scales share their ends and their default', () => {
  assert.deepEqual([1, 2, 512, 1024, 2048, 262_144, 9e9].map(toCpuWeight), [1, 1, 59, 100, 174, 10_000, 10_000]);
});

test('a weight goes back to the shares that were asked for, else to the least that give it', () => {
  for (const shares of [2, 100, 513, 1024, 100_000, 262_144]) {
    assert.equal(fromCpuWeight(toCpuWeight(shares), shares), shares);
    assert.equal(toCpuWeight(fromCpuWeight(toCpuWeight(shares), undefined)), toCpuWeight(shares));
  }
});

test('CPUs become a quota of a tenth of a second, never below the kernel’s least', () => {
  assert.deepEqual(toCpuQuota({ nanoCpus: 1.5e9 }), { quotaUs: 150_000, periodUs: 100_000 });
  assert.deepEqual(toCpuQuota({ nanoCpus: 1e6 }), { quotaUs: 1000, periodUs: 100_000 });
  assert.deepEqual(toCpuQuota({ cpuQuotaUs: 5000, cpuPeriodUs: 20_000 }), { quotaUs: 5000, periodUs: 20_000 });
  assert.deepEqual(toCpuQuota({}), { quotaUs: -1, periodUs: 100_000 });
});

test('v2 swap is the total less memory; equal is none, unlimited is max', () => {
  assert.equal(toSwapMax({ memoryBytes: 64 * MIB, memorySwapBytes: 96 * MIB }), 32 * MIB);
  assert.equal(toSwapMax({ memoryBytes: 64 * MIB, memorySwapBytes: 64 * MIB }), 0);
  assert.equal(toSwapMax({ memoryBytes: 64 * MIB, memorySwapBytes: 'unlimited' }), 'max');
  assert.equal(toSwapMax({}), 'max');
});

test('block weights keep the ends of their scales', () => {
  assert.deepEqual([10, 500, 1000].map(toIoWeight), [1, 4950, 10_000]);
  assert.deepEqual([1, 10_000].map(fromIoWeight), [10, 1000]);
});

test('swap follows memory where it stood in Docker’s proportion, and stays where it was chosen', () => {
  const patch = { memoryBytes: 128 * MIB };
  const swapAfter = (memorySwapBytes: number | 'unlimited') =>
    patchLimits({ memoryBytes: 64 * MIB, memorySwapBytes }, patch).memorySwapBytes;
  assert.equal(swapAfter(128 * MIB), 256 * MIB);
  assert.equal(swapAfter(64 * MIB), 128 * MIB);
  assert.equal(swapAfter(200 * MIB), 200 * MIB);
  assert.equal(swapAfter('unlimited'), 'unlimited');
});

test('CPU lists are lists of numbers and ranges, anything else is none', () => {
  assert.deepEqual([...(parseCpuList('0-2,7') ?? [])], [0, 1, 2, 7]);
  for (const text of ['', '1-', '2-1', 'a', '1;2', '-1', '1,,2']) assert.equal(parseCpuList(text), undefined, text);
});
