import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupStats } from '../../../src/model/cgroup-stats.js';
import type { ContainerId } from '../../../src/model/ids.js';
import { HISTORY_SECONDS } from '../../../src/store/sample-rings.js';
import { createStatsStore, type StatsStore } from '../../../src/store/stats-store.js';

const CONTAINERS = 200;
const START = 1_700_000_000;
/** 17 figures, and what comes into its one interface and goes out. */
const METRICS = 19;
const SAMPLE_BYTES = 4;

const idOf = (index: number) => String(index).padStart(64, '0') as ContainerId;

function reading(second: number): CgroupStats {
  const traffic = { receivedBytes: second, sentBytes: second, receivedPackets: 0, sentPackets: 0 };
  const some = { someAvg10: 1, fullAvg10: 0 };
  return {
    atMs: second * 1000,
    cpu: { usageUs: second, userUs: 0, systemUs: 0, periods: second, throttledPeriods: 0, throttledUs: 0 },
    memory: {
      ...{ currentBytes: 9, workingSetBytes: 9, anonBytes: 3, fileBytes: 3, kernelBytes: 3, oomKills: 0 },
      limitBytes: 2 ** 30,
    },
    pids: { current: 1, max: 10 },
    io: { readBytes: second, writeBytes: second, readOperations: 0, writeOperations: 0 },
    network: { ...traffic, interfaces: { eth0: traffic } },
    pressure: { cpu: some, memory: some, io: some },
  };
}

function feed(store: StatsStore, first: number, seconds: number): void {
  for (let second = first; second < first + seconds; second++) {
    const stats = reading(second);
    store.add(second * 1000, new Map(Array.from({ length: CONTAINERS }, (_, i) => [idOf(i), stats])));
  }
}

const bytesOf = (store: StatsStore) =>
  [...store.getState().histories.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);

test('ten minutes of 200 containers take 9 120 000 bytes, and ten more minutes not one more', () => {
  const store = createStatsStore();
  feed(store, START, 2);
  const bytes = bytesOf(store);
  assert.equal(bytes, 9_120_000);
  assert.equal(bytes, CONTAINERS * METRICS * HISTORY_SECONDS * SAMPLE_BYTES);
  feed(store, START + 2, HISTORY_SECONDS);
  assert.equal(bytesOf(store), bytes);
  const arrays = process.memoryUsage().arrayBuffers;
  feed(store, START + 2 + HISTORY_SECONDS, HISTORY_SECONDS);
  assert.equal(bytesOf(store), bytes);
  assert.ok(process.memoryUsage().arrayBuffers - arrays < 2 ** 20, 'arrays are made while samples are added');
});

test('of containers that are not on screen any more the last 300 are kept', () => {
  const store = createStatsStore();
  for (let i = 0; i < 400; i++) store.add(START * 1000 + i, new Map([[idOf(i), reading(START)]]));
  const { histories } = store.getState();
  assert.equal(histories.size, 300);
  assert.ok(!histories.has(idOf(99)) && histories.has(idOf(100)));
});
