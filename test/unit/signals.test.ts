import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSignal, parseSignal } from '../../src/model/signals.js';

test('a signal is named with or without SIG, in any case, or by number', () => {
  for (const text of ['TERM', 'SIGTERM', 'sigterm', '15']) {
    assert.equal(parseSignal(text), 15);
  }
  assert.equal(parseSignal('RTMIN+3'), 37);
  assert.equal(parseSignal('SIGRTMAX-1'), 63);
  assert.equal(parseSignal('IOT'), 6);
});

test('what is no signal is undefined', () => {
  for (const text of ['', '0', '65', 'NOPE', 'RTMIN+99', '-9', '9.5']) {
    assert.equal(parseSignal(text), undefined);
  }
});

test('a number is formatted as its name', () => {
  assert.equal(formatSignal(9), 'SIGKILL');
  assert.equal(formatSignal(37), 'SIGRTMIN+3');
  assert.equal(formatSignal(99), '99');
});
