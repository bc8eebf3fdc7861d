import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Benchmark } from '../../bench/benchmark.js';
import { formatSection, putSection } from '../../bench/report.js';

const BENCHMARK: Benchmark = {
  ...{ name: 'start', unit: 'ms', ours: 'gantry', runs: 3, target: 9, bounds: [{ of: 'dockerd', times: 1 / 25 }] },
  open: () => ({ contestants: [] }),
};
const RESULT = {
  results: [
    { contestant: 'gantry', figures: [10, 12, 11] },
    { contestant: 'dockerd', figures: [220, 242, 260] },
  ],
  skipped: ['runc: not installed'],
  busyShare: 0.014,
};

test('a section has medians, spread, how much longer others take, targets, and where it was run', () => {
  assert.equal(
    formatSection(BENCHMARK, RESULT, 'today, here'),
    `## start

| | ms | p10 to p90 | times ours |
|---|---|---|---|
| gantry | 11.0 | 10.0 to 12.0 |  |
| dockerd | 242 | 220 to 260 | 22.0 |

Target 9: missed by 2.00.
Target 1/25 of dockerd, 9.68: missed by 1.32.
Skipped: runc: not installed.
3 runs by turns, host 1 % busy; today, here.`,
  );
});

test('a section takes the place of the one of its benchmark, and a new one comes last', () => {
  const first = putSection(putSection('', '## one\n\nfirst'), '## two\n\nsecond');
  assert.match(first, /^# Benchmarks\n\n.*\n\n## one\n\nfirst\n\n## two\n\nsecond\n$/s);
  assert.equal(putSection(first, '## one\n\nagain'), first.replace('first', 'again'));
  assert.equal(putSection(first, '## two\n\nsecond'), first);
});
