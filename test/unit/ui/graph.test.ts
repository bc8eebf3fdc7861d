import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawBars, drawSparkline } from '../../../src/ui/terminal/graph.js';

const values = [Number.NaN, 0, 1, 2, 3, 4];

test('braille puts two values into a cell and four dots into a row', () => {
  assert.deepEqual(drawBars({ values: [1, 2, 3, 4], width: 2, height: 1, max: 4, style: 'braille' }), ['⣠⣾']);
  assert.deepEqual(drawBars({ values: [8, 8], width: 1, height: 2, max: 8, style: 'braille' }), ['⣿', '⣿']);
});

test('a value above nothing shows at least one dot; nothing and no reading show none', () => {
  assert.deepEqual(drawBars({ values: [0.001, 0], width: 1, height: 1, max: 100, style: 'braille' }), ['⡀']);
  assert.deepEqual(drawBars({ values: [Number.NaN, 0], width: 1, height: 1, max: 100, style: 'braille' }), [' ']);
});

test('blocks and ASCII show one value a cell, the newest at the right', () => {
  assert.deepEqual(drawBars({ values, width: 4, height: 1, max: 4, style: 'block' }), ['▂▄▆█']);
  assert.deepEqual(drawBars({ values, width: 6, height: 2, max: 4, style: 'ascii' }), ['    ##', '  ####']);
});

test('values above the top are cut there', () => {
  assert.deepEqual(drawBars({ values: [99, 99], width: 1, height: 1, max: 4, style: 'braille' }), ['⣿']);
});

test('a sparkline leaves what was not read blank', () => {
  assert.equal(drawSparkline(values, 6, 4, 'braille'), ' ▁▂▄▆█');
  assert.equal(drawSparkline([4], 3, 4, 'block'), '  █');
});
