import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupStats } from '../../../src/model/cgroup-stats.js';
import { HISTORY_SECONDS } from '../../../src/store/sample-rings.js';
import { createStatsHistory, MAX_INTERFACES } from '../../../src/store/stats-history.js';

function reading(
  second: number,
  change: { readonly usageUs?: number; readonly memory?: number; readonly limit?: number } = {},
): CgroupStats {
  return {
    atMs: second * 1000,
    cpu: {
      usageUs: change.usageUs ?? second * 500_000,
      userUs: 0,
      systemUs: 0,
      periods: second * 10,
      throttledPeriods: second * 5,
      throttledUs: 0,
    },
    memory: {
      currentBytes: 0,
      workingSetBytes: change.memory ?? 100,
      anonBytes: 0,
      fileBytes: 0,
      kernelBytes: 0,
      oomKills: 0,
      ...(change.limit === undefined ? {} : { limitBytes: change.limit }),
    },
    pids: { current: 1 },
    io: { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 },
  };
}

test('rates are per second of the clock, and none without a reading before', () => {
  const history = createStatsHistory();
  history.add(reading(1000));
  assert.ok(Number.isNaN(history.value('cpu')));
  history.add(reading(1002));
  assert.equal(history.value('cpu'), 0.5);
  assert.equal(history.value('throttled'), 0.5);
});

test('a counter that fell gives no rate', () => {
  const history = createStatsHistory();
  history.add(reading(1000, { usageUs: 9e9 }));
  history.add(reading(1001, { usageUs: 10 }));
  assert.ok(Number.isNaN(history.value('cpu')));
});

test('a second that was missed takes the next reading; a long time without readings is a gap', () => {
  const history = createStatsHistory();
  history.add(reading(1000, { memory: 1 }));
  history.add(reading(1002, { memory: 3 }));
  assert.deepEqual([...history.series('memory', 4, 1002, 1)], [Number.NaN, 1, 3, 3]);
  history.add(reading(1010, { memory: 9 }));
  assert.deepEqual([...history.series('memory', 3, 1010, 1)], [Number.NaN, Number.NaN, 9]);
});

test('a reading right after another shows its limit, and the rate from before', () => {
  const history = createStatsHistory();
  history.add(reading(1000));
  history.add(reading(1001, { limit: 64 }));
  history.add({ ...reading(1001, { limit: 128, usageUs: 9e9 }), atMs: 1_001_100 });
  assert.equal(history.value('memoryLimit'), 128);
  assert.equal(history.value('cpu'), 0.5);
});

test('grouped seconds show their greatest value and do not move as time goes on', () => {
  const history = createStatsHistory();
  for (let second = 1000; second < 1010; second++) history.add(reading(second, { memory: second }));
  assert.deepEqual([...history.series('memory', 2, 1009, 5)], [1004, 1009]);
  history.add(reading(1010, { memory: 1010 }));
  assert.deepEqual([...history.series('memory', 3, 1010, 5)], [1004, 1009, 1010]);
});

test('the ring forgets what is older than ten minutes', () => {
  const history = createStatsHistory();
  for (let second = 5000; second <= 5000 + HISTORY_SECONDS; second++) history.add(reading(second, { memory: second }));
  const series = history.series('memory', HISTORY_SECONDS + 1, 5000 + HISTORY_SECONDS, 1);
  assert.ok(Number.isNaN(series[0] ?? 0));
  assert.equal(series[1], 5001);
});

test('the limit is kept with its time, so that the line shows when it moved', () => {
  const history = createStatsHistory();
  history.add(reading(1000, { limit: 64 }));
  history.add(reading(1001, { limit: 128 }));
  assert.deepEqual([...history.series('memoryLimit', 2, 1001, 1)], [64, 128]);
});

test('each interface has rates of its own, and none once it is gone', () => {
  const history = createStatsHistory();
  const counters = (receivedBytes: number, sentBytes: number) => ({
    receivedBytes,
    sentBytes,
    receivedPackets: 0,
    sentPackets: 0,
  });
  const add = (second: number, interfaces: Readonly<Record<string, ReturnType<typeof counters>>>) =>
    history.add({ ...reading(second), network: { ...counters(0, 0), interfaces } });
  add(1000, { eth0: counters(0, 0) });
  add(1001, { eth0: counters(100, 10), eth1: counters(7, 7) });
  add(1002, { eth0: counters(300, 20), eth1: counters(57, 8) });
  assert.deepEqual([...history.series('in eth0', 3, 1002, 1)], [Number.NaN, 100, 200]);
  assert.deepEqual([...history.series('in eth1', 3, 1002, 1)], [Number.NaN, Number.NaN, 50]);
  assert.equal(history.value('out eth1'), 1);
  add(1003, { eth0: counters(300, 20) });
  assert.equal(history.value('in eth0'), 0);
  assert.ok(Number.isNaN(history.value('in eth1')));
  assert.ok(Number.isNaN(history.value('in eth9')));
});

test('zoomed out, parts that add up are those of one second: the one with the greatest sum', () => {
  const history = createStatsHistory();
  const memory = (anonBytes: number, fileBytes: number) => ({ ...reading(0).memory, anonBytes, fileBytes });
  history.add({ ...reading(1000), memory: memory(10, 1) });
  history.add({ ...reading(1001), memory: memory(2, 12) });
  history.add({ ...reading(1002), memory: memory(8, 3) });
  const parts = history.stack(['memoryAnon', 'memoryFile'], 1, 1003, 4);
  // Not 10 and 12: 22 was never in use.
  assert.deepEqual(
    parts.map((values) => [...values]),
    [[2], [12]],
  );
});

test('of a column of seconds the greatest value and the mean are told', () => {
  const history = createStatsHistory();
  for (let second = 1000; second < 1004; second++) history.add(reading(second, { memory: second - 1000 }));
  assert.deepEqual(history.summary('memory', 1000, 4), { max: 3, mean: 1.5 });
  assert.ok(Number.isNaN(history.summary('memory', 900, 4).mean));
});

test('interfaces that come and go under new names do not make the history grow', () => {
  const history = createStatsHistory();
  const none = { receivedBytes: 1, sentBytes: 1, receivedPackets: 0, sentPackets: 0 };
  const add = (second: number, name: string) =>
    history.add({ ...reading(second), network: { ...none, interfaces: { [name]: none } } });
  for (let second = 1000; second < 1000 + MAX_INTERFACES; second++) add(second, `veth${second}`);
  const full = history.byteLength;
  for (let second = 1100; second < 1200; second++) add(second, `veth${second}`);
  assert.equal(history.byteLength, full);
  // Once the first are forgotten there is room for others.
  add(1000 + MAX_INTERFACES + HISTORY_SECONDS, 'late');
  assert.equal(history.byteLength, full - (MAX_INTERFACES - 1) * 2 * HISTORY_SECONDS * 4);
});
