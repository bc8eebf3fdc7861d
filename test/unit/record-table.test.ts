import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRecordTable, type RecordTable } from '../../src/engine/state/record-table.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { Database } from '../../src/platform/database.js';

interface Thing {
  readonly name: string;
  readonly count: number;
}

function openThings(t: TestContext, folder = makeFolder(t)): { database: Database; things: RecordTable<Thing> } {
  const database = openStateDatabase(folder);
  t.after(() => database.close());
  const things = createRecordTable<Thing>({
    database,
    table: 'networks',
    parse: (document) => document as Thing,
    columns: ({ name }) => ({ name }),
  });
  return { database, things };
}

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-state-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a record is replaced only by the one who has read its newest version', (t) => {
  const folder = makeFolder(t);
  const { things } = openThings(t, folder);
  const { things: others } = openThings(t, folder);
  assert.equal(things.insert('a', { name: 'x', count: 1 }), true);
  const mine = things.get('a');
  const theirs = others.get('a');
  assert.ok(mine && theirs);
  assert.equal(others.replace(theirs, { name: 'x', count: 2 }), true);
  assert.equal(things.replace(mine, { name: 'x', count: 3 }), false);
  assert.deepEqual(things.get('a'), { id: 'a', version: 2, value: { name: 'x', count: 2 } });
});

test('an insert says false where the id or a unique column is taken', (t) => {
  const { things } = openThings(t);
  assert.equal(things.insert('a', { name: 'x', count: 1 }), true);
  assert.equal(things.insert('a', { name: 'y', count: 1 }), false);
  assert.equal(things.insert('b', { name: 'x', count: 1 }), false);
  assert.equal(things.find('name = ?', 'x').length, 1);
  assert.equal(things.remove('a'), true);
  assert.equal(things.remove('a'), false);
});

test('a transaction that throws leaves nothing and calls nothing that waits for its commit', (t) => {
  const { database, things } = openThings(t);
  const calls: string[] = [];
  assert.throws(() =>
    database.transaction(() => {
      things.insert('a', { name: 'x', count: 1 });
      database.afterCommit(() => calls.push('lost'));
      throw new Error('no');
    }),
  );
  database.transaction(() => {
    database.afterCommit(() => calls.push('kept'));
    things.update('a', () => ({ name: 'x', count: 2 }));
    assert.deepEqual(calls, []);
  });
  assert.deepEqual(calls, ['kept']);
  assert.equal(things.get('a'), undefined);
});

test('an update that returns nothing changes nothing', (t) => {
  const { things } = openThings(t);
  things.insert('a', { name: 'x', count: 1 });
  assert.equal(
    things.update('a', () => undefined),
    undefined,
  );
  assert.equal(things.update('a', (value) => ({ ...value, count: value.count + 1 }))?.version, 2);
});

test('one state change takes at most 0.2 ms in the median', (t) => {
  const { things } = openThings(t);
  const name = 'x'.repeat(3_000);
  things.insert('a', { name, count: 0 });
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const before = performance.now();
    things.update('a', (value) => ({ ...value, count: i }));
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  const median = times[150] ?? Number.POSITIVE_INFINITY;
  t.diagnostic(`median ${median.toFixed(3)} ms, p95 ${times[285]?.toFixed(3)} ms`);
  assert.ok(median <= 0.2, `${median} ms`);
});
