import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpusToRatio, memoryToRatio, stepCpus, stepMemory } from '../../../src/store/limit-scale.js';
import { parseLimitText } from '../../../src/store/limit-text.js';

const MIB = 2 ** 20;
const HOST = 8 * 1024 * MIB;

test('memory steps stay round and end at 4 MiB and at the host', () => {
  const up: number[] = [];
  for (let bytes = 512 * MIB; up.length < 5; up.push(bytes / MIB)) bytes = stepMemory(bytes, 1, 'one', HOST);
  assert.deepEqual(up, [640, 768, 896, 1024, 1280]);
  assert.equal(stepMemory(1024 * MIB, -1, 'one', HOST), 896 * MIB);
  assert.equal(stepMemory(5 * MIB, -1, 'one', HOST), 4 * MIB);
  assert.equal(stepMemory(4 * MIB, -1, 'ten', HOST), 4 * MIB);
  assert.equal(stepMemory(HOST, 1, 'one', HOST), HOST);
  assert.equal(stepMemory(undefined, -1, 'one', HOST), 7 * 1024 * MIB);
  assert.equal(stepMemory(100 * MIB + 5, 1, 'finest', HOST), 101 * MIB);
});

test('every step up can be taken back by a step down', () => {
  for (let bytes = 4 * MIB; bytes < HOST; ) {
    const next = stepMemory(bytes, 1, 'one', HOST);
    assert.ok(next > bytes);
    assert.equal(stepMemory(next, -1, 'one', HOST), bytes);
    bytes = next;
  }
});

test('cpu steps are hundredths without a rest', () => {
  assert.equal(stepCpus(1e9, 1, 'one', 4), 1.05e9);
  assert.equal(stepCpus(1.03e9, 1, 'one', 4), 1.05e9);
  assert.equal(stepCpus(0.05e9, -1, 'one', 4), 0.01e9);
  assert.equal(stepCpus(4e9, 1, 'ten', 4), 4e9);
  assert.equal(stepCpus(undefined, -1, 'ten', 4), 3.5e9);
});

test('positions run from 0 to 1', () => {
  assert.equal(memoryToRatio(4 * MIB, HOST), 0);
  assert.equal(memoryToRatio(HOST, HOST), 1);
  assert.equal(memoryToRatio(undefined, HOST), 1);
  assert.equal(cpusToRatio(2e9, 4), 0.5);
});

test('typed limits are read as gantry run reads them', () => {
  assert.deepEqual(parseLimitText('memory', '512m', {}), { memoryBytes: 512 * MIB });
  assert.deepEqual(parseLimitText('memory', '1.5G', {}), { memoryBytes: 1536 * MIB });
  assert.deepEqual(parseLimitText('cpus', '1.5', {}), { nanoCpus: 1.5e9 });
  assert.deepEqual(parseLimitText('memory', 'max', {}), { memoryBytes: null });
  assert.match(String(parseLimitText('memory', '64q', {})), /invalid memory "64q": use/);
  assert.match(String(parseLimitText('cpus', '1m', {})), /invalid cpus/);
  assert.match(String(parseLimitText('cpus', '0', {})), /invalid cpus/);
});
