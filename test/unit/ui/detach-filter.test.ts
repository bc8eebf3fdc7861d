import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDetachFilter } from '../../../src/ui/terminal/session.js';

test('ctrl-p ctrl-q detaches, also over two chunks, and is not passed on', () => {
  let detached = 0;
  const filter = createDetachFilter(() => {
    detached++;
  });
  assert.deepEqual([...filter(Buffer.from('a\x10'))], [0x61]);
  assert.deepEqual([...filter(Buffer.from('\x11'))], []);
  assert.equal(detached, 1);
});

test('a ctrl-p that is followed by something else is passed on', () => {
  const filter = createDetachFilter(() => assert.fail('not the sequence'));
  assert.deepEqual([...filter(Buffer.from('\x10b\x10\x10c'))], [0x10, 0x62, 0x10, 0x10, 0x63]);
});
