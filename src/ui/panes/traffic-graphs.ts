import { isAlive } from '../../store/list-rows.js';
import type { Membership } from '../../store/network-rows.js';
import { createStatsHistory } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import { formatRate } from '../rows/format.js';
import { drawGraphBlock, type GraphBlock } from '../rows/graph-block.js';
import { readGraphTime } from '../rows/graph-time.js';
import { MIN_TRAFFIC_SCALE } from '../rows/member-columns.js';
import { trafficMetrics } from '../rows/traffic.js';
import { clipText, fitText, sanitizeText } from '../terminal/ansi-text.js';
import { samplesPerCell } from '../terminal/graph.js';

/** Two graphs side by side need this many cells. */
const MIN_PAIR_WIDTH = 44;
/** With title, axis and times three rows of bars are left. */
const MIN_HEIGHT = 7;
const MAX_HEIGHT = 14;

/** The lines that are on screen: the others need not be drawn. */
export interface LineWindow {
  readonly top: number;
  readonly height: number;
}

/**
 * A graph of what comes in and one of what goes out for each container that runs, as high as there is room for; where there are many
 * the lines are more than the window's.
 */
export function trafficLines(
  context: PaintContext,
  members: readonly Membership[],
  width: number,
  { top, height }: LineWindow,
): readonly string[] {
  const running = members.filter(({ container }) => isAlive(container));
  if (running.length === 0) return [context.theme.style('muted', 'no container in it runs')];
  const graph = Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, Math.floor(height / running.length)));
  const each = width < MIN_PAIR_WIDTH ? graph * 2 : graph;
  // The pane shows its last lines where it was scrolled further.
  const first = Math.min(top, Math.max(0, running.length * each - height));
  return running.flatMap((member, i) =>
    (i + 1) * each > first && i * each < first + height
      ? drawPair(context, member, width, graph)
      : Array.from({ length: each }, () => ''),
  );
}

/** As `trafficLines`, in the rows that are left below a text: whole graphs only, of the first containers. */
export function trafficBelow(
  context: PaintContext,
  members: readonly Membership[],
  width: number,
  rows: number,
): readonly string[] {
  const running = members.filter(({ container }) => isAlive(container));
  const fitting = Math.floor((rows - 1) / (width < MIN_PAIR_WIDTH ? MIN_HEIGHT * 2 : MIN_HEIGHT));
  if (fitting < 1 || running.length === 0) return [];
  return ['', ...trafficLines(context, running.slice(0, fitting), width, { top: 0, height: rows - 1 })];
}

function drawPair(context: PaintContext, member: Membership, width: number, height: number): readonly string[] {
  const isPair = width >= MIN_PAIR_WIDTH;
  const left = isPair ? Math.floor((width - 2) / 2) : width;
  const blocks = toBlocks(context, member, left);
  const [incoming, outgoing] = blocks.map((block) => drawGraphBlock(context, block, left, height));
  const cells = (rows: readonly string[] | undefined, i: number) => clipText(rows?.[i] ?? '', 0, left);
  const lines = Array.from({ length: height }, (_, i) => i);
  return isPair
    ? lines.map((i) => `${cells(incoming, i)}  ${cells(outgoing, i)}`)
    : [...lines.map((i) => cells(incoming, i)), ...lines.map((i) => cells(outgoing, i))];
}

/** In and out have one scale: the highest that either shows. */
function toBlocks(context: PaintContext, { container, endpoint }: Membership, width: number): readonly GraphBlock[] {
  const { workspace, theme, glyphs } = context;
  const history = workspace.stats.getState().histories.get(container.id) ?? createStatsHistory();
  const { frozenAtMs } = workspace.view.getState().graph;
  const metrics = trafficMetrics(endpoint, history);
  const time = readGraphTime(context);
  const { endSecond, secondsPerValue, cursorSecond } = time;
  const read = (metric: typeof metrics.in, count: number) => history.series(metric, count, endSecond, secondsPerValue);
  const shown = width * samplesPerCell(glyphs.graph);
  const all = [...read(metrics.in, shown), ...read(metrics.out, shown)];
  const scale = Math.max(MIN_TRAFFIC_SCALE, ...all.filter((value) => value > 0));
  const name = fitText(sanitizeText(container.name), Math.max(6, width - 18), 'left', glyphs.ellipsis).trimEnd();
  return (['in', 'out'] as const).map((direction) => ({
    titles: [
      `${theme.style('title', name)} ${direction === 'in' ? glyphs.down : glyphs.up}${formatRate(time.valueOf(history, metrics[direction]))}/s`,
      ...(frozenAtMs === undefined ? [] : [theme.style('warning', 'frozen: f')]),
    ],
    token: 'network',
    leastScale: scale,
    ...{ endSecond, secondsPerValue, cursorSecond },
    plot: (count: number) => ({ kind: 'bars' as const, values: read(metrics[direction], count) }),
    marks: [],
    format: formatRate,
  }));
}
