import type { Container } from '../../model/container.js';
import { countMarks } from '../../store/events-store.js';
import { changedAtMs, isAlive, readMetric } from '../../store/list-rows.js';
import type { Metric } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import { drawSparkline } from '../terminal/graph.js';
import type { Column } from './columns.js';
import { formatAge, formatBytes, formatCpuPercent, formatRate, formatShare } from './format.js';
import { formatPublished } from './port-text.js';
import { formatState } from './state-cell.js';

interface Widths {
  readonly name: number;
  readonly spark: number;
  readonly image: number;
}

/** Least widths by that of the list: on half of a screen of 200 columns there are twelve of them, and names that can be read. */
function widthsOf(listWidth: number): Widths {
  if (listWidth < 56) return { name: 8, spark: 5, image: 18 };
  if (listWidth < 90) return { name: 8, spark: 8, image: 18 };
  return listWidth < 124 ? { name: 14, spark: 5, image: 10 } : { name: 14, spark: 8, image: 18 };
}

/** The columns of the container list, most of them live. */
export function containerColumns(context: PaintContext, listWidth: number): readonly Column<Container>[] {
  const { theme, glyphs, workspace } = context;
  const stats = workspace.stats.getState();
  const events = workspace.events.getState();
  const widths = widthsOf(listWidth);
  const value = (row: Container, metric: Metric) => readMetric(stats, row, metric);
  const muted = (text: string) => theme.style('muted', text);
  const limitOf = (row: Container) => {
    const read = value(row, 'memoryLimit');
    return Number.isNaN(read) ? row.limits.memoryBytes : read;
  };
  return [
    {
      title: 'NAME',
      width: widths.name,
      rank: 0,
      grows: true,
      cell: (row) => (isAlive(row) ? row.name : muted(row.name)),
    },
    { title: 'STATE', width: 9, rank: 1, cell: (row) => formatState(row.state, theme, glyphs) },
    {
      title: 'CPU%',
      width: 4,
      rank: 2,
      align: 'right',
      cell: (row) => levelled(context, formatCpuPercent(value(row, 'cpu')), value(row, 'cpu') / cpuScale(context, row)),
    },
    { title: '', width: widths.spark, rank: 4, cell: (row, width) => sparkline(context, row, width) },
    {
      title: 'MEM',
      width: 5,
      rank: 3,
      align: 'right',
      cell: (row) => {
        const memory = value(row, 'memory');
        return Number.isNaN(memory) ? '-' : formatBytes(memory);
      },
    },
    {
      title: '/LIMIT',
      width: 6,
      rank: 5,
      cell: (row) => muted(`/${limitOf(row) === undefined ? glyphs.infinity : formatBytes(limitOf(row) ?? 0)}`),
    },
    {
      title: '%',
      width: 4,
      rank: 6,
      align: 'right',
      cell: (row) => {
        const share = value(row, 'memory') / (limitOf(row) ?? Number.NaN);
        return Number.isNaN(share) ? '' : levelled(context, formatShare(share), share);
      },
    },
    { title: 'EVENTS', width: 8, rank: 7, cell: (row) => eventCell(context, row, events) },
    {
      title: 'AGE',
      width: 4,
      rank: 8,
      align: 'right',
      cell: (row) => muted(formatAge(context.now() - changedAtMs(row))),
    },
    portsColumn(context),
    { title: 'IMAGE', width: widths.image, rank: 9, cell: (row) => muted(row.config.image) },
    {
      title: 'NET',
      width: 11,
      rank: 10,
      cell: (row) =>
        Number.isNaN(value(row, 'networkIn'))
          ? muted('-')
          : `${glyphs.down}${formatRate(value(row, 'networkIn'))} ${glyphs.up}${formatRate(value(row, 'networkOut'))}`,
    },
    {
      title: 'PIDS',
      width: 4,
      rank: 11,
      align: 'right',
      cell: (row) => (isAlive(row) ? String(stats.histories.get(row.id)?.latest?.pids.current ?? '') : ''),
    },
    { title: 'ID', width: 12, rank: 12, cell: (row) => muted(row.id.slice(0, 12)) },
  ];
}

function portsColumn({ theme, glyphs, workspace }: PaintContext): Column<Container> {
  const publishedOf = (row: Container) => (isAlive(row) && row.publishedPorts) || [];
  const arePublished = [...workspace.containers.getState().byId.values()].some((row) => publishedOf(row).length > 0);
  return {
    title: 'PORTS',
    width: 16,
    // Where none publishes any, other columns have the room.
    rank: arePublished ? 8.5 : 13,
    cell: (row) => theme.style('key', formatPublished(publishedOf(row), glyphs.arrow)),
  };
}

/** The CPUs that fill a graph of the container: its limit, else all of the host. */
export function cpuScale({ workspace }: PaintContext, row: Container): number {
  const limit = cpuLimit(workspace, row);
  return limit ?? workspace.resources.getState().info?.cpus ?? 1;
}

/** The limit in CPUs as the kernel has it, also where it was given as a quota; undefined: none. */
export function cpuLimit(workspace: PaintContext['workspace'], { id, limits }: Container): number | undefined {
  const read = workspace.stats.getState().histories.get(id)?.latest?.cpu.limitNanoCpus ?? limits.nanoCpus;
  return read === undefined ? undefined : read / 1e9;
}

function levelled({ theme }: PaintContext, text: string, ratio: number): string {
  return Number.isNaN(ratio) || ratio < 0.5 ? text : theme.level(ratio, text);
}

function sparkline(context: PaintContext, row: Container, width: number): string {
  const { theme, glyphs, workspace } = context;
  const { histories, atMs } = workspace.stats.getState();
  const history = histories.get(row.id);
  if (history === undefined) return '';
  // Three seconds a bar; the one that is not complete yet is left out, so that bars do not change once they stand.
  const values = history.series('cpu', width, Math.floor(atMs / 1000), 3);
  const text = drawSparkline(values, width, cpuScale(context, row), glyphs.graph);
  return theme.style(isAlive(row) ? 'cpu' : 'muted', text);
}

function eventCell(
  { theme, glyphs, workspace }: PaintContext,
  row: Container,
  events: Parameters<typeof countMarks>[0],
): string {
  const ooms = countMarks(events, row.id, 'oom');
  const throttled = readMetric(workspace.stats.getState(), row, 'throttled');
  const parts: string[] = [];
  if (ooms > 0) parts.push(theme.style('error', `OOM${glyphs.times}${ooms}`));
  if (row.restartCount > 0) parts.push(theme.style('warning', `R${glyphs.times}${row.restartCount}`));
  if (throttled > 0.01) parts.push(theme.style('warning', `t${Math.round(throttled * 100)}%`));
  return parts.join(' ');
}
