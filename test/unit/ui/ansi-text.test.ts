import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipText, fitText, sanitizeText, stripStyles, textWidth } from '../../../src/ui/terminal/ansi-text.js';

test('width counts cells: wide characters two, marks and styles none', () => {
  assert.equal(textWidth('abc'), 3);
  assert.equal(textWidth('数据库'), 6);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('🐳'), 2);
  assert.equal(textWidth('\x1b[31mred\x1b[0m'), 3);
  assert.equal(textWidth('⣿▁─●'), 4);
});

test('clipping gives exactly the asked cells, also through a wide character', () => {
  assert.equal(clipText('abcdef', 2, 3), 'cde');
  assert.equal(clipText('ab', 0, 5), 'ab   ');
  assert.equal(clipText('数据库', 0, 3), '数 ');
  assert.equal(clipText('数据库', 1, 3), ' 据');
  assert.equal(clipText('e\u0301x', 0, 1), 'e\u0301');
});

test('clipping keeps the style that began before and closes it', () => {
  assert.equal(clipText('\x1b[31mabcdef\x1b[0m', 3, 2), '\x1b[31mde\x1b[0m');
  assert.equal(textWidth(clipText('\x1b[31mabc\x1b[0mdef', 1, 4)), 4);
});

test('a text that is too long ends in an ellipsis', () => {
  assert.equal(fitText('container', 5), 'cont…');
  assert.equal(fitText('7', 3, 'right'), '  7');
});

test('texts of others cannot move the cursor', () => {
  assert.equal(sanitizeText('a\x1b[2Jb\rc\x07\x1b]0;title\x07d'), 'abcd');
  assert.equal(sanitizeText('a\tb'), 'a       b');
  assert.equal(sanitizeText('\x1b[1mx\x1b[0m'), '\x1b[1mx\x1b[0m');
  assert.equal(stripStyles('\x1b[1mx\x1b[0m'), 'x');
});
