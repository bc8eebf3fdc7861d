import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CRASH_CASES } from '../support/crash-cases.js';

test('docs/crashes.md has a row of every case that is tried, and no other', () => {
  const lines = readFileSync('docs/crashes.md', 'utf8').split('\n');
  const rows = lines.flatMap((line) => {
    const [, operation, storage, killed, points] =
      /^\| `([^`]+)` \| (\S+) \| ([^|]+) \| (\d+) of \d+ \|/.exec(line) ?? [];
    if (operation === undefined) return [];
    assert.ok(Number(points) > 0, line);
    return [`${operation}, ${storage}, ${killed}`];
  });
  const cases = CRASH_CASES.map(({ operation, storage, killed }) => `${operation}, ${storage}, ${killed}`);
  assert.deepEqual(rows.sort(), cases.sort());
});
