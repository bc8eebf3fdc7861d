import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogRing, type LogRing } from '../../../src/store/log-ring.js';
import { createLogSelection, type LogSelection } from '../../../src/store/log-selection.js';

const add = (ring: LogRing, text: string, stream: 'stdout' | 'mark' = 'stdout') =>
  ring.add({ time: '2026-01-02T12:00:00Z', atMs: 0, stream, text });

const shown = (ring: LogRing, selection: LogSelection) => {
  selection.refresh();
  return Array.from({ length: selection.count }, (_, place) => ring.line(selection.number(place))?.text);
};

test('lines are kept and hidden without their styles, marks are always there, and what is dropped is gone', () => {
  const ring = createLogRing(4);
  const selection = createLogSelection(ring, { keep: 'err', hide: 'noise' });
  add(ring, 'e\x1b[31mrr one');
  add(ring, 'fine');
  add(ring, 'err noise');
  assert.deepEqual(shown(ring, selection), ['e\x1b[31mrr one']);
  add(ring, '', 'mark');
  add(ring, 'err two');
  assert.deepEqual(shown(ring, selection), ['', 'err two']);
  assert.equal(selection.place(ring.end - 1), 1);
  assert.equal(selection.place(2), -1);
  ring.clear();
  assert.deepEqual(shown(ring, selection), []);
});

test('without a filter every line has its place', () => {
  const ring = createLogRing(2);
  const selection = createLogSelection(ring, { keep: '', hide: '' });
  for (const text of ['a', 'b', 'c']) add(ring, text);
  assert.deepEqual(shown(ring, selection), ['b', 'c']);
  assert.equal(selection.place(99), 1);
});

test('each line is looked at once, however often the pane is painted', () => {
  const ring = createLogRing(100_000);
  for (let i = 0; i < 1000; i++) add(ring, `request ${i}`);
  let looked = 0;
  const counting: LogRing = {
    ...ring,
    get first() {
      return ring.first;
    },
    get end() {
      return ring.end;
    },
    line: (number) => {
      looked++;
      return ring.line(number);
    },
  };
  const selection = createLogSelection(counting, { keep: '7$', hide: '' });
  selection.refresh();
  selection.refresh();
  assert.equal(selection.count, 100);
  add(ring, 'request 1007');
  selection.refresh();
  assert.equal(selection.count, 101);
  assert.equal(looked, 1001);
});
