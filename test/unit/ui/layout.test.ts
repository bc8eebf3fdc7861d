import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeLayout } from '../../../src/ui/layout.js';

const base = { list: 'containers', isListFocused: true, zoom: 'normal', statusRows: 0 } as const;

test('panes fill the screen without overlapping at every size', () => {
  for (let columns = 1; columns <= 220; columns += 7) {
    for (let rows = 1; rows <= 70; rows += 3) {
      const layout = computeLayout({ ...base, columns, rows });
      const rects = [...Object.values(layout.panes), layout.header, layout.events, layout.status, layout.footer];
      let cells = 0;
      for (const rect of rects) {
        if (rect === undefined) continue;
        assert.ok(rect.x >= 0 && rect.y >= 0 && rect.width > 0 && rect.height > 0, `${columns}x${rows}`);
        assert.ok(rect.x + rect.width <= columns && rect.y + rect.height <= rows, `${columns}x${rows}`);
        cells += rect.width * rect.height;
      }
      assert.equal(cells, columns * rows, `${columns}x${rows}`);
    }
  }
});

test('the layout is chosen by the size', () => {
  const kind = (columns: number, rows: number) => computeLayout({ ...base, columns, rows }).kind;
  assert.deepEqual(
    [kind(39, 24), kind(60, 16), kind(80, 24), kind(84, 50), kind(120, 40), kind(200, 60)],
    ['tiny', 'narrow', 'standard', 'portrait', 'wide', 'huge'],
  );
});

test('a narrow screen shows the list or the details, and full zoom only the focused one', () => {
  assert.deepEqual(Object.keys(computeLayout({ ...base, columns: 60, rows: 16 }).panes), ['containers']);
  assert.deepEqual(Object.keys(computeLayout({ ...base, columns: 60, rows: 16, isListFocused: false }).panes), [
    'detail',
  ]);
  assert.deepEqual(Object.keys(computeLayout({ ...base, columns: 120, rows: 40, zoom: 'full' }).panes), ['containers']);
});

test('the files of a volume have the place of its details, and it has no layers', () => {
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const) {
    const { panes } = computeLayout({ ...base, list: 'volumes', explored: 'files', columns, rows });
    assert.deepEqual(Object.keys(panes), ['volumes', 'files']);
  }
});

test('networks have more rows while they are looked at', () => {
  const heightOf = (list: 'containers' | 'networks') =>
    computeLayout({ ...base, list, columns: 120, rows: 40 }).panes.networks?.height ?? 0;
  assert.ok(heightOf('networks') >= heightOf('containers') + 4);
});
