import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLeases } from '../../src/engine/content/leases.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { Digest } from '../../src/model/ids.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;

test('what a process leaves that dies during a sweep is there for the next one', (t) => {
  const root = makeTemporaryFolder(t);
  const database = openStateDatabase(root);
  t.after(() => database.close());
  const leases = openLeases(database, join(root, 'leases'));
  const die = (lease: string, digit: string) =>
    database.run('INSERT INTO content_leases VALUES (?, ?, ?, 0)', lease, digest(digit), '1-1');
  die('first', 'a');
  const lease = leases.open();
  lease.hold(digest('c'));
  const seen = leases.abandoned();
  assert.deepEqual(seen.digests, [digest('a')]);
  die('second', 'b');
  leases.forget(seen);
  assert.deepEqual(leases.abandoned(), { leases: ['second'], digests: [digest('b')] });
  assert.deepEqual([...leases.held()], [digest('c')]);
});
