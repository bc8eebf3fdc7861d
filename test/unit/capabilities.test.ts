import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_CAPABILITIES,
  namesOfCapabilities,
  selectCapabilities,
  toMask,
} from '../../src/engine/isolation/capabilities.js';

const AVAILABLE = (1n << 41n) - 1n;

test("the default is Docker's fourteen capabilities", () => {
  assert.equal(DEFAULT_CAPABILITIES, 0xa80425fbn);
  assert.equal(namesOfCapabilities(DEFAULT_CAPABILITIES).length, 14);
});

test('names become bits and bits names, with or without the prefix', () => {
  assert.equal(toMask(['CAP_CHOWN', 'CHECKPOINT_RESTORE']), 1n | (1n << 40n));
  assert.deepEqual(namesOfCapabilities((1n << 40n) | (1n << 21n) | (1n << 45n)), [
    'SYS_ADMIN',
    'CHECKPOINT_RESTORE',
    '45',
  ]);
});

const CASES: readonly (readonly [string, object, bigint])[] = [
  ['nothing asked', {}, DEFAULT_CAPABILITIES],
  ['one more', { add: ['sys_admin'] }, DEFAULT_CAPABILITIES | (1n << 21n)],
  ['one less', { drop: ['CAP_CHOWN'] }, DEFAULT_CAPABILITIES & ~1n],
  ['dropped and added: it is there', { add: ['CHOWN'], drop: ['CHOWN'] }, DEFAULT_CAPABILITIES],
  ['all', { add: ['ALL'] }, AVAILABLE],
  ['all but one', { add: ['ALL'], drop: ['SYS_ADMIN'] }, AVAILABLE & ~(1n << 21n)],
  ['none', { drop: ['all'] }, 0n],
  ['only one', { drop: ['ALL'], add: ['KILL'] }, 1n << 5n],
  ['privileged, whatever is dropped', { drop: ['ALL'], privileged: true }, AVAILABLE],
];

for (const [title, request, wanted] of CASES) {
  test(`capabilities: ${title}`, () => {
    assert.equal(selectCapabilities({ ...request, available: AVAILABLE }), wanted);
  });
}

test('nobody gets more than the engine has', () => {
  const available = AVAILABLE & ~(1n << 24n);
  assert.equal(selectCapabilities({ privileged: true, available }), available);
  assert.equal(selectCapabilities({ available: 1n }), 1n);
  assert.throws(() => selectCapabilities({ add: ['SYS_RESOURCE'], available }), {
    kind: 'invalid-argument',
    message:
      'invalid CapAdd: capability not supported by your kernel or not available in the current environment: "CAP_SYS_RESOURCE"',
  });
});

test("an unknown capability is refused in Docker's words", () => {
  assert.throws(() => selectCapabilities({ add: ['foo'], available: AVAILABLE }), {
    message: 'invalid CapAdd: unknown capability: "CAP_FOO"',
  });
  assert.throws(() => selectCapabilities({ drop: ['CAP_BAR'], available: AVAILABLE }), {
    message: 'invalid CapDrop: unknown capability: "CAP_BAR"',
  });
});
