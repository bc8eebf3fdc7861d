import assert from 'node:assert/strict';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openHostClaims } from '../../src/engine/networks/host-claims.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const SUBNET = '203.0.113.0/24';

/** Claims at a time that a test sets, in a folder of its own; `lo` is an interface of every host. */
function openClaims(t: TestContext) {
  const folder = makeTemporaryFolder(t);
  const time = { nowMs: 1_000_000 };
  const path = join(folder, 'subnet-203.0.113.0_24');
  return { claims: openHostClaims(() => time.nowMs, folder), time, path };
}

test('a subnet is its interface’s alone while that is there, or may be about to be made', (t) => {
  const { claims, time } = openClaims(t);
  assert.ok(claims.take(SUBNET, 'lo'));
  time.nowMs += 3_600_000;
  assert.deepEqual([claims.take(SUBNET, 'other'), claims.take(SUBNET, 'lo')], [false, true]);
  assert.deepEqual(claims.list(), [{ subnet: SUBNET, interfaceName: 'lo', isUnused: false }]);
  claims.release(SUBNET, 'other');
  assert.equal(claims.list().length, 1);
  claims.release(SUBNET, 'lo');
  assert.deepEqual(claims.list(), []);
  assert.ok(claims.take(SUBNET, 'never-made'));
  time.nowMs += 29_999;
  assert.equal(claims.take(SUBNET, 'other'), false);
  time.nowMs += 1;
  assert.equal(claims.list()[0]?.isUnused, true);
  assert.ok(claims.take(SUBNET, 'other'));
});

test('a claim whose maker was killed before it said whose it is holds its subnet for half a minute, not for ever', (t) => {
  const { claims, time, path } = openClaims(t);
  writeFileSync(path, '');
  utimesSync(path, time.nowMs / 1000, time.nowMs / 1000);
  time.nowMs += 29_999;
  assert.equal(claims.take(SUBNET, 'lo'), false);
  time.nowMs += 1;
  assert.deepEqual(claims.list(), [{ subnet: SUBNET, interfaceName: '', isUnused: true }]);
  assert.ok(claims.take(SUBNET, 'lo'));
  assert.match(readFileSync(path, 'utf8'), /^lo /);
});
