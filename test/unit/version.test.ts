import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GANTRY_VERSION } from '../../src/model/version.js';

test('the version is that of package.json', () => {
  const parsed: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.equal((parsed as { readonly version: string }).version, GANTRY_VERSION);
});
