import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachScanner, parseDetachKeys } from '../../src/model/detach-keys.js';

/** Keys, what is typed, what goes on, and whether the keys are complete: the cases of native/monitor-units.c, whose scanner does the same. */
const CASES: readonly (readonly [keys: string, typed: string, passed: string, isDetached: boolean])[] = [
  ['ctrl-p,ctrl-q', 'ls\r', 'ls\r', false],
  ['ctrl-p,ctrl-q', 'ls\x10\x11cd', 'ls', true],
  ['ctrl-p,ctrl-q', '\x10a', '\x10a', false],
  ['ctrl-p,ctrl-q', 'a\x10\x10\x11', 'a\x10', true],
  ['ctrl-p,ctrl-q', '\x11\x10', '\x11', false],
  ['a,b', 'aab', 'a', true],
  ['a,a,b', 'aaab', 'aaab', false],
  ['a,a,b', 'aacaab', 'aac', true],
  ['x', 'yx', 'y', true],
];

test('detach keys are found however what is typed is cut, and all else goes on', () => {
  for (const [keys, typed, passed, isDetached] of CASES) {
    for (let piece = 1; piece < 8; piece++) {
      assert.deepEqual(scan(keys, typed, piece), { passed, isDetached }, `${keys}, pieces of ${piece}`);
    }
  }
});

test('a scanner says how many of the keys it holds back', () => {
  const scanner = new DetachScanner(parseDetachKeys('ctrl-a,ctrl-b,c'));
  scanner.scan(Buffer.from('x\x01\x02'));
  assert.equal(scanner.matched, 2);
  scanner.scan(Buffer.from('x'));
  assert.equal(scanner.matched, 0);
});

function scan(keys: string, typed: string, piece: number): { readonly passed: string; readonly isDetached: boolean } {
  const scanner = new DetachScanner(parseDetachKeys(keys));
  let passed = '';
  for (let at = 0; at < typed.length; at += piece) {
    const { pass, detach } = scanner.scan(Buffer.from(typed.slice(at, at + piece)));
    passed += Buffer.from(pass).toString();
    if (detach) return { passed, isDetached: true };
  }
  return { passed, isDetached: false };
}
