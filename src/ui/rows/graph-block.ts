import type { EventMark } from '../../store/events-store.js';
import type { PaintContext } from '../paint-context.js';
import { fitText, joinFitting, textWidth } from '../terminal/ansi-text.js';
import { drawBars, samplesPerCell } from '../terminal/graph.js';
import type { Token } from '../terminal/theme.js';

export interface GraphBlock {
  /** The first is always shown, the others where there is room. */
  readonly titles: readonly string[];
  readonly token: Token;
  /** Greatest value without a limit; the axis goes from 0 to the limit where there is one. */
  readonly scale: number;
  readonly endSecond: number;
  readonly secondsPerValue: number;
  /** `count` values, oldest first. */
  values(count: number): Float64Array;
  limits(count: number): Float64Array;
  /** A letter for some columns of the time axis, by value index. */
  flags?(count: number): ReadonlyMap<number, string>;
  readonly marks: readonly EventMark[];
  format(value: number): string;
}

const LABEL_WIDTH = 5;
/** The gravest last: it is what stands where several fall together. */
const MARK_LETTERS: Readonly<Record<EventMark['kind'], string>> = {
  start: 'S',
  restart: 'R',
  exit: 'X',
  update: '',
  unhealthy: 'H',
  oom: 'O',
};
const MARK_ORDER = Object.keys(MARK_LETTERS);

/**
 * A graph with its title, the limit as a dotted line that moves when the limit moved, and a time axis with marks. The vertical axis
 * goes from 0 to the highest limit in view, or to the scale where there was none.
 */
export function drawGraphBlock(context: PaintContext, block: GraphBlock, width: number, height: number): string[] {
  const title = joinFitting(block.titles, '  ', width);
  // Title, limit row, time axis and times stand around the bars.
  const plotHeight = height - 4;
  const plotWidth = width - LABEL_WIDTH - 1;
  if (plotHeight < 1 || plotWidth < 4) return [title];
  const perCell = samplesPerCell(context.glyphs.graph);
  const count = plotWidth * perCell;
  const values = block.values(count);
  const limits = block.limits(count);
  const axisMax = highest(limits) ?? block.scale;
  const hasLimit = highest(limits) !== undefined;
  // The top row belongs to the limit line; the bars end below it.
  const bars = drawBars({ values, width: plotWidth, height: plotHeight, max: axisMax, style: context.glyphs.graph });
  const plot = ['', ...bars].map((bar, row) => {
    const ratio = 1 - (row - 0.5) / plotHeight;
    return drawPlotRow(context, block, {
      bar: bar.padEnd(plotWidth),
      row,
      ratio,
      limits,
      axisMax,
      plotHeight,
      hasLimit,
    });
  });
  return [title, ...plot, drawAxis(context, block, plotWidth), drawTimes(context, block, plotWidth)];
}

interface PlotRow {
  readonly bar: string;
  readonly row: number;
  /** Height of the row's middle, 0..1 of the axis. */
  readonly ratio: number;
  readonly limits: Float64Array;
  readonly axisMax: number;
  readonly plotHeight: number;
  readonly hasLimit: boolean;
}

function drawPlotRow(context: PaintContext, block: GraphBlock, plot: PlotRow): string {
  const { theme, glyphs } = context;
  const perCell = samplesPerCell(glyphs.graph);
  let out = '';
  let pending = '';
  const flushBar = () => {
    out +=
      pending.trim() === '' || !plot.hasLimit ? theme.style(block.token, pending) : theme.level(plot.ratio, pending);
    pending = '';
  };
  let line = '';
  const flushLine = () => {
    out += theme.style('limit', line);
    line = '';
  };
  for (let x = 0; x < plot.bar.length; x++) {
    const limit = plot.limits[x * perCell + perCell - 1] ?? Number.NaN;
    const isLimit = Math.round((1 - limit / plot.axisMax) * plot.plotHeight) === plot.row;
    if (isLimit && plot.bar[x] === ' ') {
      flushBar();
      line += glyphs.limit;
    } else {
      flushLine();
      pending += plot.bar[x];
    }
  }
  flushBar();
  flushLine();
  return axisLabel(context, block, plot) + out;
}

/** The label of the axis' top, or of the limit in force where that lies lower. */
function axisLabel({ theme, glyphs }: PaintContext, block: GraphBlock, plot: PlotRow): string {
  const now = plot.limits.at(-1) ?? Number.NaN;
  const isLimitRow = Math.round((1 - now / plot.axisMax) * plot.plotHeight) === plot.row;
  const label = plot.row === 0 ? block.format(plot.axisMax) : isLimitRow ? block.format(now) : '';
  const text = fitText(label, LABEL_WIDTH, 'right', glyphs.ellipsis);
  const edge = theme.style('border', plot.row === 0 ? ' ' : glyphs.axis.vertical);
  return theme.style(isLimitRow ? 'limit' : 'muted', text) + edge;
}

function drawAxis({ theme, glyphs }: PaintContext, block: GraphBlock, plotWidth: number): string {
  const perCell = samplesPerCell(glyphs.graph);
  const cells: string[] = Array.from({ length: plotWidth }, () => theme.style('border', glyphs.axis.horizontal));
  for (const [index, letter] of block.flags?.(plotWidth * perCell) ?? []) {
    cells[Math.floor(index / perCell)] = theme.style('warning', letter);
  }
  const marks = [...block.marks].sort((a, b) => MARK_ORDER.indexOf(a.kind) - MARK_ORDER.indexOf(b.kind));
  for (const mark of marks) {
    const cell = cellOf(block, mark.atMs, plotWidth, perCell);
    if (cell < 0 || cell >= plotWidth) continue;
    const letter = mark.kind === 'update' ? glyphs.mark : MARK_LETTERS[mark.kind];
    cells[cell] = theme.style(mark.kind === 'oom' || mark.kind === 'exit' ? 'error' : 'mark', letter);
  }
  const zero = theme.style('muted', '0'.padStart(LABEL_WIDTH));
  return zero + theme.style('border', glyphs.axis.corner) + cells.join('');
}

/** The times below the axis, and beside the newest change of a limit what it was. */
function drawTimes({ theme, glyphs }: PaintContext, block: GraphBlock, plotWidth: number): string {
  const perCell = samplesPerCell(glyphs.graph);
  const span = plotWidth * perCell * block.secondsPerValue;
  const start = `-${span < 120 ? `${span}s` : `${Math.floor(span / 60)}m${span % 60 === 0 ? '' : `${span % 60}s`}`}`;
  const cells = `${fitText(start, plotWidth - 3, 'left', glyphs.ellipsis)}now`;
  const update = block.marks.findLast((mark) => mark.kind === 'update' && mark.text !== undefined);
  const text = update?.text?.replaceAll('→', glyphs.arrow) ?? '';
  const at = update === undefined ? -1 : cellOf(block, update.atMs, plotWidth, perCell);
  const from = Math.min(at, plotWidth - 5 - textWidth(text));
  const indent = ' '.repeat(LABEL_WIDTH + 1);
  if (at < 0 || from < start.length + 1)
    return theme.style('muted', (indent + cells).slice(0, indent.length + plotWidth));
  const between = cells.slice(from + text.length);
  return (
    theme.style('muted', indent + cells.slice(0, from)) + theme.style('mark', text) + theme.style('muted', between)
  );
}

function cellOf(block: GraphBlock, atMs: number, plotWidth: number, perCell: number): number {
  const group = (second: number) => Math.floor(second / block.secondsPerValue);
  const back = group(block.endSecond) - group(Math.floor(atMs / 1000));
  return plotWidth - 1 - Math.floor(back / perCell);
}

function highest(values: Float64Array): number | undefined {
  let max: number | undefined;
  for (const value of values) if (!Number.isNaN(value) && (max === undefined || value > max)) max = value;
  return max;
}
