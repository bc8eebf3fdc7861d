import type { Container } from '../../model/container.js';
import { selectCompared } from '../../store/compared.js';
import type { AnyMetric, StatsHistory } from '../../store/stats-history.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatBytes, formatRate } from '../rows/format.js';
import { drawFrame } from '../rows/frame.js';
import type { GraphBlock } from '../rows/graph-block.js';
import { readGraphTime } from '../rows/graph-time.js';
import { joinFitting, sanitizeText, textWidth } from '../terminal/ansi-text.js';
import { POINT_GLYPHS } from '../terminal/point-graph.js';
import type { Token } from '../terminal/theme.js';
import { paintGraphRows, paintRow } from './graph-rows.js';

/** Two rows of names are enough for eight of them on most screens. */
const MAX_LEGEND_ROWS = 2;
/** Below this graphs stand below each other, as many as have room. */
const MIN_PAIR_WIDTH = 60;
const MIN_GRAPH_HEIGHT = 5;

const TOKENS: readonly Token[] = ['cpu', 'warning', 'network', 'memory', 'error', 'io', 'key', 'mark'];

interface Measure {
  readonly name: string;
  /** What adds up to the figure. */
  readonly metrics: readonly AnyMetric[];
  readonly leastScale: number;
  format(value: number): string;
}

/** In the order of a container's own graphs. */
const MEASURES: readonly Measure[] = [
  { name: 'CPU', metrics: ['cpu'], leastScale: 0.1, format: (value) => value.toFixed(value < 10 ? 2 : 1) },
  { name: 'MEM', metrics: ['memory'], leastScale: 2 ** 20, format: formatBytes },
  { name: 'NET', metrics: ['networkIn', 'networkOut'], leastScale: 1024, format: formatRate },
  { name: 'I/O', metrics: ['ioRead', 'ioWrite'], leastScale: 1024, format: formatRate },
  { name: 'PIDS', metrics: ['pids'], leastScale: 4, format: (value) => String(Math.round(value)) },
  { name: 'PSI memory', metrics: ['pressureMemory'], leastScale: 10, format: (value) => `${Math.round(value)}%` },
];

/** The graphs of several containers: each has its character and colour, and the legend says whose they are. */
export function paintCompared(
  context: PaintContext,
  containers: readonly Container[],
  width: number,
  height: number,
): readonly string[] {
  const legend = legendRows(context, containers, width).slice(0, Math.max(1, Math.min(MAX_LEGEND_ROWS, height - 5)));
  const blocks = comparedBlocks(context, containers);
  const room = height - legend.length;
  if (width >= MIN_PAIR_WIDTH) return [...legend, ...paintGraphRows(context, blocks, width, room)];
  const count = Math.max(1, Math.min(blocks.length, Math.floor(room / MIN_GRAPH_HEIGHT)));
  const each = Math.floor(room / count);
  return [...legend, ...blocks.slice(0, count).flatMap((block) => paintRow(context, [block], width, each))];
}

/** The pane that compares beside the details: CPU and memory. */
export function paintComparePane(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs, bindings } = context;
  const view = workspace.view.getState();
  const containers = selectCompared(workspace.containers.getState(), workspace.stats.getState(), view);
  const note =
    view.marked.size > 0 ? `${containers.length} marked` : `${keyOf(bindings, 'mark')} marks those to compare`;
  return drawFrame(
    {
      ...{ width, height, isFocused },
      title: theme.style('title', 'Compare'),
      notes: [theme.style('muted', note)],
      content: (innerWidth, innerHeight) => {
        if (containers.length === 0) return [theme.style('muted', 'no container runs')];
        const legend = legendRows(context, containers, innerWidth).slice(0, 1);
        const blocks = comparedBlocks(context, containers).slice(0, 2);
        return [...legend, ...paintRow(context, blocks, innerWidth, innerHeight - 1)];
      },
    },
    theme,
    glyphs,
  );
}

function comparedBlocks(context: PaintContext, containers: readonly Container[]): readonly GraphBlock[] {
  const { theme, workspace } = context;
  const time = readGraphTime(context);
  const { endSecond, secondsPerValue, cursorSecond } = time;
  const { histories } = workspace.stats.getState();
  const lines = containers.flatMap(({ id }, index) => {
    const history = histories.get(id);
    return history === undefined ? [] : [{ history, ...lookOf(index) }];
  });
  return MEASURES.map((measure) => ({
    ...{ endSecond, secondsPerValue, cursorSecond, marks: [] },
    ...{ token: 'text' as const, leastScale: measure.leastScale, format: measure.format },
    titles: [
      theme.style('title', measure.name),
      ...lines.map(({ history, glyph, token }) => {
        const value = measure.metrics.reduce((sum, metric) => sum + time.valueOf(history, metric), 0);
        return `${theme.style(token, glyph)} ${Number.isNaN(value) ? '-' : measure.format(value)}`;
      }),
    ],
    plot: (count) => ({
      kind: 'points',
      series: lines.map(({ history, glyph, token }) => ({
        ...{ glyph, token },
        values: sumsOf(history, measure.metrics, count, { endSecond, secondsPerValue }),
      })),
    }),
  }));
}

function sumsOf(
  history: StatsHistory,
  metrics: readonly AnyMetric[],
  count: number,
  time: { readonly endSecond: number; readonly secondsPerValue: number },
): Float64Array {
  const parts = history.stack(metrics, count, time.endSecond, time.secondsPerValue);
  return Float64Array.from({ length: count }, (_, i) => parts.reduce((sum, part) => sum + (part[i] ?? Number.NaN), 0));
}

function legendRows({ theme }: PaintContext, containers: readonly Container[], width: number): readonly string[] {
  const rows: string[] = [];
  let row: string[] = [];
  containers.forEach(({ name }, index) => {
    const { glyph, token } = lookOf(index);
    const item = `${theme.style(token, glyph)} ${sanitizeText(name)}`;
    if (row.length > 0 && textWidth([...row, item].join('  ')) > width) {
      rows.push(row.join('  '));
      row = [];
    }
    row.push(item);
  });
  return [...rows, joinFitting([row.join('  ')], ' ', width)];
}

function lookOf(index: number): { readonly glyph: string; readonly token: Token } {
  return {
    glyph: POINT_GLYPHS[index % POINT_GLYPHS.length] ?? '*',
    token: TOKENS[index % TOKENS.length] ?? 'text',
  };
}
