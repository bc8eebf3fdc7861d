import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPoints } from '../../../src/ui/terminal/point-graph.js';
import { drawStackedBars, swatchOf } from '../../../src/ui/terminal/stacked-bars.js';

const parts = [
  [4, 4],
  [4, 4],
  [8, 8],
];

test('each part has a pattern of its own, the first at the bottom', () => {
  const { rows, owners } = drawStackedBars({ parts, width: 1, height: 4, max: 16, style: 'braille' });
  assert.deepEqual(rows, ['⡪', '⡪', '⡇', '⣿']);
  assert.deepEqual([...owners], [2, 2, 1, 0]);
  const shades = (style: 'block' | 'ascii') =>
    drawStackedBars({ parts: parts.map(([value = 0]) => [value]), width: 1, height: 4, max: 16, style }).rows;
  assert.deepEqual(shades('block'), ['░', '░', '▒', '█']);
  assert.deepEqual(shades('ascii'), [':', ':', '=', '#']);
});

test('the legend shows the patterns of the graph', () => {
  assert.deepEqual(
    [0, 1, 2].map((part) => swatchOf(part, 'braille')),
    ['⣿', '⡇', '⡪'],
  );
});

test('a sum above nothing shows at least one dot, and what was not read shows none', () => {
  const draw = (values: readonly number[][]) =>
    drawStackedBars({ parts: values, width: 1, height: 1, max: 1000, style: 'ascii' }).rows;
  assert.deepEqual(draw([[0], [1]]), ['=']);
  assert.deepEqual(draw([[Number.NaN], [Number.NaN]]), [' ']);
});

test('points of several series are characters, and take turns where they meet', () => {
  const series = [
    { glyph: 'a', values: [0, 9, 5, 5] },
    { glyph: 'b', values: [9, Number.NaN, 5, 5] },
  ];
  const { rows, owners } = drawPoints({ series, width: 4, height: 2, max: 9 });
  assert.deepEqual(rows, ['baab', 'a   ']);
  assert.deepEqual([...owners], [1, 0, 0, 1, 0, -1, -1, -1]);
});
