import type { PaintContext } from '../paint-context.js';
import { drawBars, samplesPerCell } from '../terminal/graph.js';
import { drawPoints } from '../terminal/point-graph.js';
import { drawStackedBars } from '../terminal/stacked-bars.js';
import type { Token } from '../terminal/theme.js';

/** What stands in a graph. Values are oldest first, NaN where nothing was read. */
export type Plot =
  | { readonly kind: 'bars'; readonly values: Float64Array }
  /** Values that add up, from the bottom. */
  | { readonly kind: 'stack'; readonly parts: readonly Float64Array[]; readonly tokens: readonly Token[] }
  /** Values beside each other, each with its character. */
  | { readonly kind: 'points'; readonly series: readonly PlotSeries[] };

export interface PlotSeries {
  readonly glyph: string;
  readonly token: Token;
  readonly values: Float64Array;
}

export interface PlotShape {
  readonly width: number;
  /** Rows of bars; the row of the limit is above them. */
  readonly height: number;
  readonly limits: Float64Array;
  /** The value at the top. */
  readonly axisMax: number;
  readonly hasLimit: boolean;
  /** Cell of the cursor. */
  readonly cursor?: number;
}

type Paint = Token | 'level';

interface Cells {
  readonly rows: readonly string[];
  /** How the cell is coloured; `row` counts from the top of the bars. */
  paintOf(x: number, row: number): Paint;
}

/** The rows of a graph without its labels: the limit's own row, and the bars below it. */
export function drawPlot(context: PaintContext, plot: Plot, token: Token, shape: PlotShape): string[] {
  const cells = drawCells(context, plot, token, shape);
  return Array.from({ length: shape.height + 1 }, (_, row) => drawRow(context, cells, shape, row));
}

/** The greatest of all values; undefined where nothing was read. */
export function highestOf(lists: readonly ArrayLike<number>[]): number | undefined {
  let max: number | undefined;
  for (const values of lists)
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (!Number.isNaN(value) && (max === undefined || value > max)) max = value;
    }
  return max;
}

function drawCells({ glyphs }: PaintContext, plot: Plot, token: Token, shape: PlotShape): Cells {
  const { width, height, axisMax } = shape;
  const style = glyphs.graph;
  switch (plot.kind) {
    case 'bars': {
      const rows = drawBars({ values: plot.values, width, height, max: axisMax, style });
      return { rows, paintOf: () => (shape.hasLimit ? 'level' : token) };
    }
    case 'stack': {
      const { rows, owners } = drawStackedBars({ parts: plot.parts, width, height, max: axisMax, style });
      return { rows, paintOf: (x, row) => plot.tokens[owners[row * width + x] ?? -1] ?? token };
    }
    case 'points': {
      const perCell = samplesPerCell(style);
      const series = plot.series.map(({ glyph, values }) => ({ glyph, values: greatestOfCells(values, perCell) }));
      const { rows, owners } = drawPoints({ series, width, height, max: axisMax });
      return { rows, paintOf: (x, row) => plot.series[owners[row * width + x] ?? -1]?.token ?? token };
    }
  }
}

/** One value a cell: the greatest of those that a cell shows side by side. */
export function greatestOfCells(values: Float64Array, perCell: number): Float64Array {
  if (perCell === 1) return values;
  return Float64Array.from({ length: Math.floor(values.length / perCell) }, (_, cell) => {
    const greatest = highestOf([values.subarray(cell * perCell, (cell + 1) * perCell)]);
    return greatest ?? Number.NaN;
  });
}

function drawRow(context: PaintContext, cells: Cells, shape: PlotShape, row: number): string {
  const { theme } = context;
  const ratio = 1 - (row - 0.5) / shape.height;
  let out = '';
  let pending = '';
  let pendingPaint: Paint = 'text';
  const flush = () => {
    if (pending !== '')
      out += pendingPaint === 'level' ? theme.level(ratio, pending) : theme.style(pendingPaint, pending);
    pending = '';
  };
  for (let x = 0; x < shape.width; x++) {
    const [character, paint] = cellAt(context, cells, shape, { x, row });
    // A blank has no colour: it goes along with what is before it.
    if (paint !== pendingPaint && character !== ' ') {
      flush();
      pendingPaint = paint;
    }
    pending += character;
  }
  flush();
  return out;
}

function cellAt(
  { glyphs }: PaintContext,
  cells: Cells,
  shape: PlotShape,
  { x, row }: { readonly x: number; readonly row: number },
): readonly [string, Paint] {
  const bar = row === 0 ? ' ' : (cells.rows[row - 1]?.[x] ?? ' ');
  if (x === shape.cursor) return bar === ' ' ? [glyphs.axis.vertical, 'mark'] : [bar, 'selection'];
  if (bar !== ' ') return [bar, cells.paintOf(x, row - 1)];
  const perCell = samplesPerCell(glyphs.graph);
  const limit = shape.limits[x * perCell + perCell - 1] ?? Number.NaN;
  return Math.round((1 - limit / shape.axisMax) * shape.height) === row ? [glyphs.limit, 'limit'] : [' ', 'limit'];
}
