import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CRASH_CASES } from '../support/crash-cases.js';
import { tryPoints } from '../support/crash-results.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

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

test('a point that fails does not keep the others from being tried, three that fail do', async () => {
  const tried: number[] = [];
  const attempt = (failing: readonly number[], when: number) => {
    tried.push(when);
    if (failing.includes(when)) return Promise.reject(new Error(`write ${when}`));
    return Promise.resolve({ wasEnded: true, isDone: when > 3 });
  };
  const points = [1, 2, 3, 4, 5].map((when) => ({ call: 'write', when }));
  const { found, failures } = await tryPoints(points, ({ when }) => attempt([2], when));
  assert.deepEqual([found.length, failures.map(({ message }) => message), tried], [4, ['write 2'], [1, 2, 3, 4, 5]]);
  assert.equal((await tryPoints(points, ({ when }) => attempt([1, 2, 3], when))).failures.length, 3);
  assert.deepEqual(tried.slice(5), [1, 2, 3]);
});

test('the table takes over what was tried; what failed is told, its row stays, and a later run of the same counts', (t) => {
  const folder = makeTemporaryFolder(t);
  const [results, document] = [join(folder, 'results'), join(folder, 'crashes.md')];
  const row = (operation: string, points: number, failures: readonly string[]) =>
    JSON.stringify({ operation, storage: 'vfs', killed: 'engine', calls: 9, points, ended: points, done: 1, failures });
  const old = ['load', 'tag'].map((name) => `| \`${name}\` | vfs | engine | 1 of 2 | 1 | 0 / 1 | 2020-01-01 |`);
  writeFileSync(document, ['before', '<!-- table -->', ...old, '<!-- end of the table -->', 'after'].join('\n'));
  const lines = [row('load', 0, ['at write 1']), row('load', 8, []), row('tag', 5, ['at write 7']), row('pull', 9, [])];
  writeFileSync(results, `${lines.join('\n')}\n`);
  const said = execFileSync(process.execPath, ['scripts/crash-table.mjs', results, document], { encoding: 'utf8' });
  assert.match(
    said,
    /^failed: tag on vfs, engine: at write 7\ncrash lane: 3 operations, 3 of 3 cases, 1 of them failed; 22 of 27 points/,
  );
  const text = readFileSync(document, 'utf8');
  assert.ok(text.startsWith('before\n') && text.endsWith('after'));
  assert.match(text, /\| `load` \| vfs \| engine \| 8 of 9 \| 8 \| 1 \/ 7 \| 2[0-9-]+ \|/);
  assert.ok(text.includes(old[1] ?? '?'));
  assert.match(text, /\| `pull` \| vfs \| engine \| 9 of 9 /);
});
