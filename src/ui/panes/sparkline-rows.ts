import type { StatsHistory } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import { greatestOfCells, highestOf } from '../rows/graph-plot.js';
import { drawAxis, drawTimes, type TimeAxis } from '../rows/time-axis.js';
import { fitText, joinFitting } from '../terminal/ansi-text.js';
import { drawSparkline, samplesPerCell } from '../terminal/graph.js';
import type { ContainerGraph } from './container-graphs.js';

const LABEL_WIDTH = 5;
const MIN_SPARK_WIDTH = 8;

/** A line for each graph, above one time axis for all of them: where there is no room for more. */
export function sparklineRows(
  context: PaintContext,
  graphs: readonly ContainerGraph[],
  history: StatsHistory,
  { width, height }: { readonly width: number; readonly height: number },
): readonly string[] {
  const sparkWidth = Math.max(MIN_SPARK_WIDTH, Math.min(width - LABEL_WIDTH - 26, Math.floor(width / 2)));
  const textWidth = width - LABEL_WIDTH - sparkWidth - 2;
  const rows = graphs.map((graph) => {
    const text = joinFitting(figuresOf(context, graph), ' ', textWidth);
    const spark = fitText(sparkline(context, graph, history, sparkWidth), sparkWidth);
    return `${context.theme.style('title', fitText(graph.name, LABEL_WIDTH))}${spark}  ${text}`;
  });
  const axis = axisOf(context, graphs, sparkWidth);
  const indent = ' '.repeat(LABEL_WIDTH);
  const drawn = axis === undefined ? [] : [indent + drawAxis(context, axis), indent + drawTimes(context, axis)];
  // With one line for both, the cursor's time is worth more than the marks.
  const below = axis?.cursorSecond !== undefined && height <= graphs.length + 1 ? drawn.slice(1) : drawn;
  // The axis stays in sight; the last graphs go first.
  const kept = Math.max(1, height - Math.min(below.length, height > graphs.length + 1 ? 2 : 1));
  return [...rows.slice(0, kept), ...below].slice(0, height);
}

/** The titles of the graph without its name, which stands before the sparkline. */
function figuresOf({ theme }: PaintContext, { name, block }: ContainerGraph): readonly string[] {
  if (block.absent !== undefined) return [block.absent];
  const [first = '', ...others] = block.titles;
  return [first.replace(`${theme.style('title', name)} `, ''), ...others].filter((title) => title !== '');
}

function sparkline(
  { theme, glyphs }: PaintContext,
  { block, total }: ContainerGraph,
  history: StatsHistory,
  width: number,
): string {
  if (block.absent !== undefined) return '';
  // As many seconds a cell as the axis below has.
  const count = width * samplesPerCell(glyphs.graph);
  const parts = history.stack(total, count, block.endSecond, block.secondsPerValue);
  const sums = Float64Array.from({ length: count }, (_, i) => parts.reduce((sum, part) => sum + (part[i] ?? 0), 0));
  const cells = greatestOfCells(sums, samplesPerCell(glyphs.graph));
  const limit = highestOf([block.limits?.(count) ?? []]);
  const max = limit ?? Math.max(block.leastScale, highestOf([cells]) ?? 0);
  return theme.style(block.token, drawSparkline(cells, width, max, glyphs.graph));
}

function axisOf(
  { glyphs }: PaintContext,
  [first, ...others]: readonly ContainerGraph[],
  width: number,
): TimeAxis | undefined {
  if (first === undefined) return undefined;
  const { endSecond, secondsPerValue, cursorSecond, flags, marks } = first.block;
  const updates = others.flatMap(({ block }) => block.marks.filter(({ kind }) => kind === 'update'));
  return {
    ...{ width, endSecond, secondsPerValue, cursorSecond },
    marks: [...marks, ...updates].sort((a, b) => a.atMs - b.atMs),
    flags: flags?.(width * samplesPerCell(glyphs.graph)),
  };
}
