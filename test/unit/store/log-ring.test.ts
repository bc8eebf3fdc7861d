import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogRing } from '../../../src/store/log-ring.js';

const entry = (text: string) => ({ time: '2026-01-02T12:00:00.000000000Z', atMs: 0, stream: 'stdout' as const, text });

test('the ring keeps the last lines under their numbers', () => {
  const ring = createLogRing(3);
  for (const text of ['a', 'b', 'c', 'd', 'e']) ring.add(entry(text));
  assert.equal(ring.first, 2);
  assert.equal(ring.end, 5);
  assert.equal(ring.line(1), undefined);
  assert.equal(ring.line(2)?.text, 'c');
  assert.equal(ring.line(4)?.text, 'e');
});

test('a cleared ring goes on counting', () => {
  const ring = createLogRing(3);
  ring.add(entry('a'));
  ring.clear();
  ring.add(entry('b'));
  assert.equal(ring.first, 1);
  assert.equal(ring.line(1)?.text, 'b');
});
