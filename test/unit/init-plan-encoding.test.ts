import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodePlan } from '../../src/engine/isolation/init-plan-encoding.js';
import { OPERATION_KINDS, SETTING_KINDS } from '../../src/engine/isolation/plan-words.js';

test('a plan is its magic and then records of length-prefixed, NUL-terminated fields', () => {
  const bytes = encodePlan({
    settings: [['id', 'ab']],
    operations: [['pivot'], ['seccomp', Uint8Array.of(0, 255)], ['user', 1000, 0]],
  });
  const expected = Buffer.concat([
    Buffer.from('GPLAN\0\0\x01', 'latin1'),
    words(1, 1, 2),
    Buffer.from('ab\0'),
    words(109, 0),
    words(125, 1, 2),
    Buffer.from([0, 255, 0]),
    words(122, 2, 4),
    Buffer.from('1000\0'),
    words(1),
    Buffer.from('0\0'),
  ]);
  assert.deepEqual(bytes, expected);
});

test('a plan refuses a text with a NUL byte and a plan of more than 1 MiB', () => {
  assert.throws(() => encodePlan({ settings: [], operations: [['exec', 'a\0b']] }), { kind: 'invalid-argument' });
  const long = 'x'.repeat(1024 * 1024);
  assert.throws(() => encodePlan({ settings: [], operations: [['exec', long]] }), { kind: 'invalid-argument' });
});

test('both ends of the plan know the same words', () => {
  const header = readFileSync('src/engine/isolation/native/plan-words.h', 'utf8');
  const rows = [...header.matchAll(/X\((\d+), \w+, "([a-z0-9-]+)", /g)].map(([, kind, word]) => [word, Number(kind)]);
  assert.ok(rows.length > 40, `${rows.length} words found`);
  assert.deepEqual(rows, [...Object.entries(SETTING_KINDS), ...Object.entries(OPERATION_KINDS)]);
});

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) {
    bytes.writeUInt32LE(value, index * 4);
  }
  return bytes;
}
