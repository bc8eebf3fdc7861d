import type { Container } from '../../model/container.js';
import { selectMarked } from '../../store/compared.js';
import { isAlive } from '../../store/list-rows.js';
import { createStatsHistory, type StatsHistory } from '../../store/stats-history.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { exitLines } from '../rows/exit-lines.js';
import { formatBytes, formatRate } from '../rows/format.js';
import { planGraphs } from '../rows/graph-plan.js';
import { joinFitting } from '../terminal/ansi-text.js';
import { paintCompared } from './compare-graphs.js';
import { containerGraphs } from './container-graphs.js';
import { paintGraphRows } from './graph-rows.js';
import { sparklineRows } from './sparkline-rows.js';

/** A pane that has the whole of a screen below 80 columns is this narrow: a line for each graph. */
const MIN_GRAPH_WIDTH = 76;
/** Below this no pane has room for two graphs side by side. */
const MIN_PAIR_WIDTH = 44;

/** Graphs of what a container uses with its limits, below why it does not run and above the other counters. */
export function paintStatsTab(
  context: PaintContext,
  container: Container,
  width: number,
  height: number,
): readonly string[] {
  const overlaid = overlaidContainers(context);
  if (overlaid.length > 0) return paintCompared(context, overlaid, width, height);
  const history = context.workspace.stats.getState().histories.get(container.id) ?? createStatsHistory();
  const explained = exitLines(context, container, width);
  // What to do next, the last line, stays where there is little room.
  const head = explained.length > height ? [...explained.slice(0, height - 1), ...explained.slice(-1)] : explained;
  const graphs = containerGraphs(context, container, history);
  const room = height - head.length;
  if (isNarrow(context, width)) return [...head, ...sparklineRows(context, graphs, history, { width, height: room })];
  const plan = planGraphs(room);
  const counters = counterLines(context, container, history, width).slice(0, plan.counters);
  const blocks = graphs.map(({ block }) => block);
  return [...head, ...paintGraphRows(context, blocks, width, room - counters.length), ...counters];
}

/** Those that are drawn in one graph each in place of the selected container's; none unless that was asked for. */
function overlaidContainers({ workspace }: PaintContext): readonly Container[] {
  const view = workspace.view.getState();
  return view.graph.isOverlay ? selectMarked(workspace.containers.getState(), workspace.stats.getState(), view) : [];
}

/** What the border says of the graphs: that they stand still, and which rows of them are in sight. */
export function statsNotes(context: PaintContext, width: number, height: number): readonly string[] {
  const { workspace, theme, bindings } = context;
  const { frozenAtMs, top } = workspace.view.getState().graph;
  const isOverlaid = overlaidContainers(context).length > 0;
  const { rows, visible } = planGraphs(height - (isOverlaid ? 1 : 0));
  const first = Math.min(top, rows.length - visible) + 1;
  const shown = visible === 1 ? first : `${first}-${first + visible - 1}`;
  const isWhole = rows.length === visible || isNarrow(context, width);
  return [
    !isOverlaid ? '' : theme.style('key', `compared: ${keyOf(bindings, 'graph-overlay')}`),
    frozenAtMs === undefined ? '' : theme.style('warning', `frozen: ${keyOf(bindings, 'graph-freeze')}`),
    isWhole ? '' : theme.style('muted', `${shown}/${rows.length} ${keyOf(bindings, 'down')} ${keyOf(bindings, 'up')}`),
  ];
}

function isNarrow({ workspace }: PaintContext, width: number): boolean {
  const isAlone = workspace.view.getState().panes.length === 1;
  return width < (isAlone ? MIN_GRAPH_WIDTH : MIN_PAIR_WIDTH);
}

function counterLines(
  { theme, glyphs }: PaintContext,
  container: Container,
  history: StatsHistory,
  width: number,
): string[] {
  const { latest } = history;
  if (latest === undefined || !isAlive(container)) return [];
  const label = (text: string) => theme.style('muted', text);
  const { cpu, memory, pids } = latest;
  const network =
    latest.network === undefined
      ? []
      : [
          `${label('net')} ${glyphs.down}${formatRate(history.value('networkIn'))} ${glyphs.up}${formatRate(history.value('networkOut'))}/s`,
        ];
  const restarts = container.restartCount;
  const first = [
    ...network,
    `${label('io')} r${formatRate(history.value('ioRead'))} w${formatRate(history.value('ioWrite'))}/s`,
    `${label('pids')} ${pids.current}/${pids.max ?? glyphs.infinity}`,
    `${label('restarts')} ${restarts}`,
  ];
  const second = [
    `${label('anon')} ${formatBytes(memory.anonBytes)}`,
    `${label('file')} ${formatBytes(memory.fileBytes)}`,
    `${label('kernel')} ${formatBytes(memory.kernelBytes)}`,
    `${label('peak')} ${formatBytes(memory.peakBytes ?? history.peakMemory())}`,
    `${label('oom kills')} ${memory.oomKills > 0 ? theme.style('error', String(memory.oomKills)) : '0'}`,
    ...(cpu.throttledUs > 0 ? [`${label('throttled')} ${(cpu.throttledUs / 1e6).toFixed(1)} s`] : []),
  ];
  return [joinFitting(first, '  ', width), joinFitting(second, '  ', width)];
}
