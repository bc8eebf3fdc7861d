import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compareWithDocker } from '../support/compare-with-docker.js';
import { REASONS } from '../support/network-differences.js';
import { NETWORK_KINDS, NETWORKS } from '../support/network-scenarios.js';

test('every difference from dockerd is seen somewhere, and docs/networks-compared.md justifies it', () => {
  const seen = new Set([...NETWORKS, ...NETWORK_KINDS].flatMap(({ reasons }) => reasons));
  assert.deepEqual([...seen].sort(), [...REASONS].sort());
  const rows = readFileSync('docs/networks-compared.md', 'utf8').matchAll(/^\| ([^|\s-].*?) \|/gm);
  assert.deepEqual(Array.from(rows, ([, title]) => title).sort(), [...REASONS].sort());
});

compareWithDocker(NETWORKS, 2);
