import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Key } from 'ink';
import { isKeyName, keyNames } from '../../../src/ui/key-names.js';
import { editTextField } from '../../../src/ui/text-field.js';

const NO_KEY = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
} satisfies Key;

test('characters that came together are keys of their own', () => {
  assert.deepEqual(keyNames('jjj', NO_KEY), ['j', 'j', 'j']);
  assert.deepEqual(keyNames('ab \r\t\x04', NO_KEY), ['a', 'b', 'space', 'enter', 'tab', 'ctrl-d']);
  assert.deepEqual(keyNames('数', NO_KEY), ['数']);
});

test('an escape that is pressed twice is two', () => {
  assert.deepEqual(keyNames('', { ...NO_KEY, escape: true, meta: true }), ['esc']);
  assert.deepEqual(keyNames('\x1b', { ...NO_KEY, escape: true, meta: true }), ['esc', 'esc']);
});

test('named keys carry their modifier', () => {
  assert.deepEqual(keyNames('', { ...NO_KEY, leftArrow: true, shift: true }), ['shift-left']);
  assert.deepEqual(keyNames('', { ...NO_KEY, rightArrow: true, ctrl: true }), ['ctrl-right']);
  assert.deepEqual(keyNames('d', { ...NO_KEY, ctrl: true }), ['ctrl-d']);
  assert.deepEqual(keyNames('G', { ...NO_KEY, shift: true }), ['G']);
});

test('a text field counts characters, not code units', () => {
  assert.deepEqual(editTextField({ text: '🐳b', cursor: 1 }, 'backspace'), { text: 'b', cursor: 0 });
  assert.deepEqual(editTextField({ text: 'ab', cursor: 1 }, 'space'), { text: 'a b', cursor: 2 });
  assert.deepEqual(editTextField({ text: 'one two', cursor: 7 }, 'ctrl-w'), { text: 'one ', cursor: 4 });
  assert.equal(editTextField({ text: 'a', cursor: 0 }, 'pageup'), undefined);
});

test('names of keys are those a terminal can send', () => {
  for (const name of [
    'x',
    'X',
    '\\',
    '字',
    'space',
    'enter',
    'ctrl-x',
    'ctrl-space',
    'shift-left',
    'shift-tab',
    'pagedown',
  ])
    assert.ok(isKeyName(name), name);
  for (const name of ['', ' ', '\t', 'xy', 'f1', 'ctrl-i', 'ctrl-m', 'ctrl-', 'shift-x', 'alt-x', 'Enter'])
    assert.ok(!isKeyName(name), name);
});
