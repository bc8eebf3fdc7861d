import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveBackMemory } from '../../src/platform/give-back-memory.js';

test('what is alone in its memory, or the last of it, is given back, and what shares a pool is not', () => {
  const whole = Buffer.from(new ArrayBuffer(65_536));
  const small = Buffer.from(new ArrayBuffer(100));
  const piece = new ArrayBuffer(200_000);
  const [first, last] = [Buffer.from(piece, 0, 100_000), Buffer.from(piece, 100_000)];
  const pooled = Buffer.from('some text');
  for (const bytes of [whole, small, first, pooled]) giveBackMemory(bytes);
  assert.deepEqual(
    [whole, small, first, pooled].map(({ length }) => length),
    [0, 0, 100_000, 9],
  );
  giveBackMemory(last);
  assert.deepEqual([first.length, last.length], [0, 0]);
  assert.equal(pooled.toString(), 'some text');
});
