import type { Container } from '../../model/container.js';
import type { EventMark } from '../../store/events-store.js';
import { isAlive } from '../../store/list-rows.js';
import type { AnyMetric, Metric, StatsHistory } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import { formatBytes, formatRate, formatShare } from '../rows/format.js';
import type { GraphBlock } from '../rows/graph-block.js';
import { type GraphTime, readGraphTime } from '../rows/graph-time.js';
import { swatchOf } from '../terminal/stacked-bars.js';
import type { Token } from '../terminal/theme.js';

/** A graph of a container, and what a line of it says where there is no room for more. */
export interface ContainerGraph {
  readonly name: string;
  readonly block: GraphBlock;
  /** The sum or the figure that a sparkline shows. */
  readonly total: readonly AnyMetric[];
}

interface Subject {
  readonly context: PaintContext;
  readonly container: Container;
  readonly history: StatsHistory;
  readonly time: GraphTime;
}

/** Changes of limits that belong to a graph, by what the event says of them. */
const CHANGES = { cpu: /cpu/, memory: /memory/, pids: /pids/, io: /blkio|device/, none: /^$/ } as const;
/** A share of throttled periods below this is not worth a letter. */
const MIN_THROTTLED = 0.05;

/** CPU, memory, network, block I/O, pids and pressure. */
export function containerGraphs(
  context: PaintContext,
  container: Container,
  history: StatsHistory,
): readonly ContainerGraph[] {
  const time = readGraphTime(context, !isAlive(container));
  const subject = { context, container, history, time };
  return [cpuGraph, memoryGraph, networkGraph, ioGraph, pidsGraph, pressureGraph].map((graph) => graph(subject));
}

function cpuGraph(subject: Subject): ContainerGraph {
  const { context, history, time } = subject;
  const limit = limitOf(subject, 'cpuLimit', subject.container.limits.nanoCpus, 1e9);
  const throttled = time.valueOf(history, 'throttled');
  const throttling = throttled > 0 ? context.theme.style('warning', `thr ${formatShare(throttled)}`) : '';
  const format = (value: number) => value.toFixed(value < 10 ? 2 : 1);
  return {
    name: 'CPU',
    total: ['cpu'],
    block: {
      ...axisOf(subject, 'cpu'),
      titles: [...titlesOf(subject, 'CPU', 'cpu', { limit, format }), throttling, pressureText(subject, 'pressureCpu')],
      token: 'cpu',
      leastScale: 0.1,
      plot: (count) => ({ kind: 'bars', values: series(subject, 'cpu', count) }),
      limits: (count) => series(subject, 'cpuLimit', count),
      flags: (count) => throttleFlags(series(subject, 'throttled', count)),
      format,
    },
  };
}

const MEMORY_PARTS: readonly Part[] = [
  { metric: 'memoryAnon', name: 'anon', token: 'memory' },
  { metric: 'memoryKernel', name: 'kernel', token: 'network' },
  { metric: 'memoryFile', name: 'file', token: 'io' },
];

function memoryGraph(subject: Subject): ContainerGraph {
  const limit = limitOf(subject, 'memoryLimit', subject.container.limits.memoryBytes, 1);
  const [anon = '', kernel = '', file = ''] = partTitles(subject, MEMORY_PARTS, formatBytes);
  return {
    name: 'MEM',
    total: ['memory'],
    block: {
      ...axisOf(subject, 'memory'),
      titles: [
        ...titlesOf(subject, 'MEM', 'memory', { limit, format: formatBytes }),
        ...[anon, file, kernel, pressureText(subject, 'pressureMemory')],
      ],
      token: 'memory',
      leastScale: 2 ** 20,
      plot: stackPlot(subject, MEMORY_PARTS),
      limits: (count) => series(subject, 'memoryLimit', count),
      format: formatBytes,
    },
  };
}

const NETWORK_PARTS: readonly Part[] = [
  { metric: 'networkIn', name: 'in', token: 'network' },
  { metric: 'networkOut', name: 'out', token: 'cpu' },
];
const IO_PARTS: readonly Part[] = [
  { metric: 'ioRead', name: 'read', token: 'io' },
  { metric: 'ioWrite', name: 'write', token: 'warning' },
];

function networkGraph(subject: Subject): ContainerGraph {
  const { latest } = subject.history;
  const isAbsent = latest !== undefined && latest.network === undefined;
  return rateGraph(subject, 'NET', NETWORK_PARTS, {
    ...axisOf(subject, 'none'),
    absent: isAbsent ? "not its own: the host's, or another container's" : undefined,
  });
}

function ioGraph(subject: Subject): ContainerGraph {
  return rateGraph(subject, 'I/O', IO_PARTS, axisOf(subject, 'io'));
}

function rateGraph(
  subject: Subject,
  name: string,
  parts: readonly Part[],
  axis: ReturnType<typeof axisOf> & Pick<GraphBlock, 'absent'>,
): ContainerGraph {
  const { context, history, time } = subject;
  const sum = parts.reduce((all, { metric }) => all + time.valueOf(history, metric), 0);
  const titles = [
    `${context.theme.style('title', name)} ${formatRate(sum)}/s`,
    ...partTitles(subject, parts, formatRate),
  ];
  return {
    name,
    total: parts.map(({ metric }) => metric),
    block: {
      ...axis,
      titles: axis.absent === undefined ? titles : [context.theme.style('title', name)],
      token: parts[0]?.token ?? 'text',
      leastScale: 1024,
      plot: stackPlot(subject, parts),
      format: formatRate,
    },
  };
}

function pidsGraph(subject: Subject): ContainerGraph {
  const limit = limitOf(subject, 'pidsLimit', subject.container.limits.pidsMax, 1);
  const format = (value: number) => String(Math.round(value));
  return {
    name: 'PIDS',
    total: ['pids'],
    block: {
      ...axisOf(subject, 'pids'),
      titles: titlesOf(subject, 'PIDS', 'pids', { limit, format }),
      token: 'memory',
      leastScale: 4,
      plot: (count) => ({ kind: 'bars', values: series(subject, 'pids', count) }),
      limits: (count) => series(subject, 'pidsLimit', count),
      format,
    },
  };
}

const PRESSURES: readonly Part[] = [
  { metric: 'pressureCpu', name: 'cpu', token: 'cpu' },
  { metric: 'pressureMemory', name: 'memory', token: 'memory' },
  { metric: 'pressureIo', name: 'io', token: 'io' },
];

/** Shares of time that do not add up: each has a letter. */
function pressureGraph(subject: Subject): ContainerGraph {
  const { context, history, time } = subject;
  const { latest } = history;
  const isAbsent = latest !== undefined && latest.pressure === undefined;
  const values = PRESSURES.map(({ metric, name, token }) => {
    const value = time.valueOf(history, metric);
    return `${context.theme.style(token, name[0] ?? '')} ${name} ${Number.isNaN(value) ? '-' : `${value.toFixed(1)}%`}`;
  });
  const title = context.theme.style('title', 'PSI');
  return {
    name: 'PSI',
    total: ['pressureMemory'],
    block: {
      ...axisOf(subject, 'none'),
      titles: isAbsent ? [title] : [`${title} ${values[0]}`, ...values.slice(1)],
      absent: isAbsent ? 'the kernel keeps none for it: PSI and unified cgroups' : undefined,
      token: 'warning',
      leastScale: 10,
      plot: (count) => ({
        kind: 'points',
        series: PRESSURES.map(({ metric, name, token }) => ({
          ...{ glyph: name[0] ?? '?', token },
          values: series(subject, metric, count),
        })),
      }),
      format: (value) => `${Math.round(value)}%`,
    },
  };
}

interface Part {
  readonly metric: Metric;
  readonly name: string;
  readonly token: Token;
}

function stackPlot({ history, time }: Subject, parts: readonly Part[]): GraphBlock['plot'] {
  const metrics = parts.map(({ metric }) => metric);
  return (count) => ({
    kind: 'stack',
    parts: history.stack(metrics, count, time.endSecond, time.secondsPerValue),
    tokens: parts.map(({ token }) => token),
  });
}

/** Each part with a piece of its pattern. */
function partTitles(
  { context, history, time }: Subject,
  parts: readonly Part[],
  format: (value: number) => string,
): readonly string[] {
  return parts.map(({ metric, name, token }, index) => {
    const value = time.valueOf(history, metric);
    const swatch = context.theme.style(token, swatchOf(index, context.glyphs.graph));
    return `${swatch}${name} ${Number.isNaN(value) ? '-' : format(value)}`;
  });
}

interface Figure {
  readonly limit: number | undefined;
  format(value: number): string;
}

/** Such as `CPU 0.20 of 0.50`, and the mean where the cursor stands on a column of several seconds. */
function titlesOf(
  { context, history, time }: Subject,
  name: string,
  metric: Metric,
  { limit, format }: Figure,
): readonly string[] {
  const value = time.valueOf(history, metric);
  const mean = time.meanOf(history, metric);
  const of = limit === undefined ? 'no limit' : `of ${format(limit)}`;
  return [
    `${context.theme.style('title', name)} ${Number.isNaN(value) ? '-' : format(value)} ${of}`,
    Number.isNaN(mean) ? '' : `mean ${format(mean)}`,
  ];
}

/** The limit at the time that is read, else the one in the settings, which are `unit` times as much. */
function limitOf(
  { history, time }: Subject,
  metric: 'cpuLimit' | 'memoryLimit' | 'pidsLimit',
  set: number | undefined,
  unit: number,
): number | undefined {
  if (history.latest === undefined) return set === undefined ? undefined : set / unit;
  const value = time.valueOf(history, metric);
  return Number.isNaN(value) ? undefined : value;
}

function axisOf(
  { context, container, time }: Subject,
  changes: keyof typeof CHANGES,
): Pick<GraphBlock, 'endSecond' | 'secondsPerValue' | 'cursorSecond' | 'marks'> {
  const marks: readonly EventMark[] = context.workspace.events.getState().marks.get(container.id) ?? [];
  const { endSecond, secondsPerValue, cursorSecond } = time;
  return {
    ...{ endSecond, secondsPerValue, cursorSecond },
    marks: marks.filter(({ kind, text }) => kind !== 'update' || (text !== undefined && CHANGES[changes].test(text))),
  };
}

function series({ history, time }: Subject, metric: Metric, count: number): Float64Array {
  return history.series(metric, count, time.endSecond, time.secondsPerValue);
}

function throttleFlags(shares: Float64Array): ReadonlyMap<number, string> {
  const flags = new Map<number, string>();
  shares.forEach((share, index) => {
    if (share > MIN_THROTTLED) flags.set(index, 't');
  });
  return flags;
}

function pressureText({ history, time }: Subject, metric: 'pressureCpu' | 'pressureMemory'): string {
  const value = time.valueOf(history, metric);
  return Number.isNaN(value) ? '' : `PSI ${value.toFixed(1)}%`;
}
