import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  numberAfter,
  openSources,
  parseLimit,
  parseNetDev,
  parsePressure,
} from '../../src/engine/isolation/cgroup/stats-sources.js';
import { kernelFiles } from '../../src/platform/kernel-file.js';

test('network counters are told of all interfaces but lo, and summed', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999 99    0    0    0     0          0         0     9999      99    0    0    0     0       0          0
  eth0: 100       2    0    0    0     0          0         0       30       4    0    0    0     0       0          0
veth.lo:    1    1    0    0    0     0          0         0     2      1    0    0    0     0       0          0
`;
  const total = { receivedBytes: 101, receivedPackets: 3, sentBytes: 32, sentPackets: 5 };
  const interfaces = {
    eth0: { receivedBytes: 100, receivedPackets: 2, sentBytes: 30, sentPackets: 4 },
    'veth.lo': { receivedBytes: 1, receivedPackets: 1, sentBytes: 2, sentPackets: 1 },
  };
  assert.deepEqual(parseNetDev(text), { ...total, interfaces });
});

test('a figure is found by its whole name at the start of a line', () => {
  const text = 'total_rss_huge 1\nrss 2\ntotal_rss 3\n';
  assert.equal(numberAfter(text, 'rss '), 2);
  assert.equal(numberAfter(text, 'total_rss '), 3);
  assert.equal(numberAfter(text, 'total_rss_huge '), 1);
  assert.equal(numberAfter(text, 'huge '), 0);
});

test('max and v1’s largest number are no limit', () => {
  assert.equal(parseLimit('max\n'), undefined);
  assert.equal(parseLimit('9223372036854771712\n'), undefined);
  assert.equal(parseLimit('-1\n'), undefined);
  assert.equal(parseLimit('4096\n'), 4096);
});

test('pressure is the average over ten seconds', () => {
  const text = 'some avg10=12.34 avg60=1.00 avg300=0.00 total=9\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1\n';
  assert.deepEqual(parsePressure(text), { someAvg10: 12.34, fullAvg10: 0.5 });
});

test('each file is read at its own turn, all at the first reading and after a refresh', () => {
  let reads = 0;
  const files = {
    ...kernelFiles,
    keepOpen: () => ({ read: () => String(++reads), close: () => undefined }),
  };
  const sources = openSources(files);
  const figures = [1, 4, 4, 4, 4].map((every, i) => sources.add(`/${i}`, every, Number));
  const readsOfNext = () => {
    const before = reads;
    sources.begin();
    for (const figure of figures) figure();
    return reads - before;
  };
  assert.deepEqual([1, 2, 3, 4, 5].map(readsOfNext), [5, 2, 2, 2, 2]);
  sources.refresh();
  assert.equal(readsOfNext(), 5);
});
