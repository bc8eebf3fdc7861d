import type { CgroupStats } from '../../model/cgroup-stats.js';
import type { Container } from '../../model/container.js';
import type { EventMark } from '../../store/events-store.js';
import { isAlive } from '../../store/list-rows.js';
import { createStatsHistory, type Metric, type StatsHistory } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import { cpuLimit, cpuScale } from '../rows/container-columns.js';
import { exitLines } from '../rows/exit-lines.js';
import { formatBytes, formatRate, formatShare } from '../rows/format.js';
import { drawGraphBlock, type GraphBlock } from '../rows/graph-block.js';
import { clipText, fitText, joinFitting } from '../terminal/ansi-text.js';

/** Two graphs side by side need this many cells. */
const MIN_PAIR_WIDTH = 52;

/** Graphs of CPU and memory with their limits, below why it does not run and above the other counters. */
export function paintStatsTab(context: PaintContext, container: Container, width: number, height: number): string[] {
  const history = context.workspace.stats.getState().histories.get(container.id) ?? createStatsHistory();
  const explained = exitLines(context, container, width);
  // What to do next, the last line, stays where there is little room.
  const head = explained.length > height ? [...explained.slice(0, height - 1), ...explained.slice(-1)] : explained;
  const footer = counterLines(context, container, history, width).slice(0, Math.max(0, height - head.length - 5));
  const size = { width, height: height - head.length - footer.length };
  return [...head, ...paintGraphs(context, container, history, size), ...footer];
}

function paintGraphs(
  context: PaintContext,
  container: Container,
  history: StatsHistory,
  { width, height }: { readonly width: number; readonly height: number },
): readonly string[] {
  const cpu = cpuBlock(context, container, history);
  const memory = memoryBlock(context, container, history);
  if (height >= 12) {
    const upper = Math.ceil(height / 2);
    return [
      ...pad(drawGraphBlock(context, cpu, width, upper), upper),
      ...pad(drawGraphBlock(context, memory, width, height - upper), height - upper),
    ];
  }
  if (width < MIN_PAIR_WIDTH) {
    return [
      joinFitting(cpu.titles, '  ', width),
      ...pad(drawGraphBlock(context, memory, width, height - 1), height - 1),
    ];
  }
  const left = Math.floor((width - 2) / 2);
  const right = width - 2 - left;
  const cpuRows = pad(drawGraphBlock(context, cpu, left, height), height);
  const memoryRows = pad(drawGraphBlock(context, memory, right, height), height);
  return cpuRows.map((row, i) => `${clipText(row, 0, left)}  ${clipText(memoryRows[i] ?? '', 0, right)}`);
}

function cpuBlock(context: PaintContext, container: Container, history: StatsHistory): GraphBlock {
  const cpu = history.value('cpu');
  const limit = cpuLimit(context.workspace, container);
  const throttled = history.value('throttled');
  const throttling = throttled > 0 ? context.theme.style('warning', `thr ${formatShare(throttled)}`) : '';
  const of = limit === undefined ? 'no limit' : `of ${limit.toFixed(2)}`;
  return {
    ...timeAxis(context, container, 'cpus'),
    titles: [
      `${context.theme.style('title', 'CPU')} ${Number.isNaN(cpu) ? '-' : cpu.toFixed(2)} ${of}`,
      throttling,
      pressureText(history.latest, 'cpu'),
    ],
    token: 'cpu',
    scale: cpuScale(context, container),
    ...seriesOf(context, history, 'cpu', 'cpuLimit'),
    flags: (count) => throttleFlags(seriesOf(context, history, 'throttled', 'cpuLimit').values(count)),
    format: (value) => value.toFixed(value < 10 ? 2 : 1),
  };
}

function memoryBlock(context: PaintContext, container: Container, history: StatsHistory): GraphBlock {
  const memory = history.value('memory');
  const limit = history.latest?.memory.limitBytes ?? container.limits.memoryBytes;
  const of = limit === undefined ? 'no limit' : `of ${formatBytes(limit)}`;
  const peak = history.peakMemory();
  const host = context.workspace.resources.getState().info?.memoryBytes ?? 2 ** 30;
  return {
    ...timeAxis(context, container, 'memory'),
    titles: [
      `${context.theme.style('title', 'MEM')} ${Number.isNaN(memory) ? '-' : formatBytes(memory)} ${of}`,
      pressureText(history.latest, 'memory'),
    ],
    token: 'memory',
    scale: peak > 0 ? Math.min(host, peak * 1.25) : host,
    ...seriesOf(context, history, 'memory', 'memoryLimit'),
    format: formatBytes,
  };
}

function timeAxis(
  { workspace, now }: PaintContext,
  container: Container,
  limit: 'cpus' | 'memory',
): { endSecond: number; secondsPerValue: number; marks: readonly EventMark[] } {
  const { graph } = workspace.view.getState();
  const atMs = workspace.stats.getState().atMs;
  return {
    endSecond: Math.floor((graph.frozenAtMs ?? (isAlive(container) && atMs > 0 ? atMs : now())) / 1000),
    secondsPerValue: graph.secondsPerValue,
    marks: (workspace.events.getState().marks.get(container.id) ?? []).filter(
      (mark) => mark.kind !== 'update' || mark.text?.includes(limit) === true,
    ),
  };
}

function seriesOf(context: PaintContext, history: StatsHistory, metric: Metric, limit: Metric) {
  const { graph } = context.workspace.view.getState();
  const atMs = graph.frozenAtMs ?? context.workspace.stats.getState().atMs;
  const endSecond = Math.floor((atMs > 0 ? atMs : context.now()) / 1000);
  const read = (name: Metric) => (count: number) => history.series(name, count, endSecond, graph.secondsPerValue);
  return { values: read(metric), limits: read(limit) };
}

function throttleFlags(shares: Float64Array): ReadonlyMap<number, string> {
  const flags = new Map<number, string>();
  shares.forEach((share, index) => {
    if (share > 0.05) flags.set(index, 't');
  });
  return flags;
}

function pressureText(stats: CgroupStats | undefined, resource: 'cpu' | 'memory'): string {
  const pressure = stats?.pressure?.[resource];
  return pressure === undefined ? '' : `PSI ${pressure.someAvg10.toFixed(1)}%`;
}

function counterLines(
  { theme, glyphs, workspace }: PaintContext,
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
    ...(workspace.view.getState().graph.frozenAtMs === undefined ? [] : [theme.style('warning', 'graphs frozen: f')]),
  ];
  return [joinFitting(first, '  ', width), joinFitting(second, '  ', width)];
}

function pad(rows: readonly string[], height: number): string[] {
  return Array.from({ length: Math.max(0, height) }, (_, i) => rows[i] ?? fitText('', 0));
}
