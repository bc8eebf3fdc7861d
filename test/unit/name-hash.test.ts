import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashForName } from '../../src/platform/name-hash.js';

// Test vectors of draft-eastlake-fnv, appendix C.
for (const [text, expected] of [
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['foobar', '85944171f73967e8'],
] as const) {
  test(`hash of ${JSON.stringify(text)}`, () => assert.equal(hashForName(text, 16), expected));
}

test('paths that differ at their end have names that differ at once', () => {
  const names = Array.from({ length: 500 }, (_, i) => hashForName(`/tmp/root-${i}`, 7));
  assert.equal(new Set(names).size, names.length);
});
