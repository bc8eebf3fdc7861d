import type { EventMark } from '../../store/events-store.js';
import type { PaintContext } from '../paint-context.js';
import { clipText, fitText, joinFitting } from '../terminal/ansi-text.js';
import { samplesPerCell } from '../terminal/graph.js';
import type { Token } from '../terminal/theme.js';
import { drawPlot, highestOf, type Plot } from './graph-plot.js';
import { cellOf, drawAxis, drawTimes } from './time-axis.js';

export interface GraphBlock {
  /** The first is always shown, the others where there is room. */
  readonly titles: readonly string[];
  readonly token: Token;
  /** The least that the axis shows where there is no limit: small figures are not blown up. */
  readonly leastScale: number;
  readonly endSecond: number;
  readonly secondsPerValue: number;
  /** Of `count` values, oldest first. */
  plot(count: number): Plot;
  /** Absent: nothing limits it. */
  limits?(count: number): Float64Array;
  /** A letter for some columns of the time axis, by value index. */
  flags?(count: number): ReadonlyMap<number, string>;
  readonly marks: readonly EventMark[];
  /** The time that the cursor stands at, s; undefined: none. */
  readonly cursorSecond?: number | undefined;
  /** Why there is nothing to draw. */
  readonly absent?: string | undefined;
  format(value: number): string;
}

const LABEL_WIDTH = 5;
/** Below this the times are left out. */
const MIN_HEIGHT_WITH_TIMES = 6;

/**
 * A graph with its title, the limit as a dotted line that moves when the limit moved, and a time axis with marks. The vertical axis
 * goes from 0 to the highest limit in view, or to the highest value where there was none.
 */
export function drawGraphBlock(context: PaintContext, block: GraphBlock, width: number, height: number): string[] {
  const { theme, glyphs } = context;
  const title = joinFitting(block.titles, '  ', width);
  if (block.absent !== undefined) return [title, theme.style('muted', clipText(` ${block.absent}`, 0, width))];
  const hasTimes = height >= MIN_HEIGHT_WITH_TIMES;
  // Title, limit row, time axis and times stand around the plot.
  const plotHeight = height - (hasTimes ? 4 : 3);
  const plotWidth = width - LABEL_WIDTH - 1;
  if (plotHeight < 1 || plotWidth < 4) return [title];
  const count = plotWidth * samplesPerCell(glyphs.graph);
  const plot = block.plot(count);
  const limits = block.limits?.(count) ?? new Float64Array(count).fill(Number.NaN);
  const highestLimit = highestOf([limits]);
  const axisMax = highestLimit ?? Math.max(block.leastScale, highestOf(valuesOf(plot)) ?? 0);
  const axis = {
    ...{ width: plotWidth, endSecond: block.endSecond, secondsPerValue: block.secondsPerValue },
    ...{ marks: block.marks, cursorSecond: block.cursorSecond, flags: block.flags?.(count) },
  };
  const shape = { width: plotWidth, height: plotHeight, limits, axisMax, hasLimit: highestLimit !== undefined };
  const rows = drawPlot(context, plot, block.token, { ...shape, ...cursorOf(context, block, plotWidth) });
  const labels = axisLabels(context, block, { limit: limits.at(-1) ?? Number.NaN, axisMax, plotHeight });
  const zero = theme.style('muted', '0'.padStart(LABEL_WIDTH)) + theme.style('border', glyphs.axis.corner);
  return [
    title,
    ...rows.map((row, y) => (labels[y] ?? '') + row),
    zero + drawAxis(context, axis),
    ...(hasTimes ? [' '.repeat(LABEL_WIDTH + 1) + drawTimes(context, axis)] : []),
  ];
}

function valuesOf(plot: Plot): readonly ArrayLike<number>[] {
  switch (plot.kind) {
    case 'bars':
      return [plot.values];
    case 'stack':
      return [plot.parts[0]?.map((_, i) => plot.parts.reduce((sum, part) => sum + (part[i] || 0), 0)) ?? []];
    case 'points':
      return plot.series.map(({ values }) => values);
  }
}

function cursorOf({ glyphs }: PaintContext, block: GraphBlock, width: number): { readonly cursor?: number } {
  if (block.cursorSecond === undefined) return {};
  const cell = cellOf(block, block.cursorSecond, width, samplesPerCell(glyphs.graph));
  return cell < 0 || cell >= width ? {} : { cursor: cell };
}

/** Labels of the axis' top, and of the limit in force where that lies lower. */
function axisLabels(
  { theme, glyphs }: PaintContext,
  block: GraphBlock,
  { limit, axisMax, plotHeight }: { readonly limit: number; readonly axisMax: number; readonly plotHeight: number },
): readonly string[] {
  const limitRow = Math.round((1 - limit / axisMax) * plotHeight);
  return Array.from({ length: plotHeight + 1 }, (_, row) => {
    const label = row === 0 ? block.format(axisMax) : row === limitRow ? block.format(limit) : '';
    const text = fitText(label, LABEL_WIDTH, 'right', glyphs.ellipsis);
    const edge = theme.style('border', row === 0 ? ' ' : glyphs.axis.vertical);
    return theme.style(row === limitRow ? 'limit' : 'muted', text) + edge;
  });
}
