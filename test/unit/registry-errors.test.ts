import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRegistryError, parseRegistryErrors } from '../../src/model/registry-errors.js';

test("a registry's errors are printed as Docker does, and anything else is none", () => {
  const body = { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }, { code: 'UNSUPPORTED' }, 3] };
  assert.deepEqual(parseRegistryErrors(body).map(formatRegistryError), [
    'manifest unknown: manifest unknown',
    'unsupported',
    '',
  ]);
  for (const other of [undefined, 'x', [], { errors: 'x' }]) assert.deepEqual(parseRegistryErrors(other), []);
});
