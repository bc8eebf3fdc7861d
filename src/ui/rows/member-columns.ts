import { isAlive } from '../../store/list-rows.js';
import type { Membership } from '../../store/network-rows.js';
import type { PaintContext } from '../paint-context.js';
import { textWidth } from '../terminal/ansi-text.js';
import { drawSparkline } from '../terminal/graph.js';
import type { Column } from './columns.js';
import { formatRate } from './format.js';
import { formatPublished } from './port-text.js';
import { formatState } from './state-cell.js';
import { trafficMetrics } from './traffic.js';

/** A graph of less than this would show what is no traffic as a mountain: bytes per second. */
export const MIN_TRAFFIC_SCALE = 1024;

/** As many ports as this are shown in full, cells. */
const MAX_PORTS_WIDTH = 28;

/** The columns of the containers in a network; that of the ports is as wide as those need. */
export function memberColumns(context: PaintContext, rows: readonly Membership[]): readonly Column<Membership>[] {
  const { theme, glyphs } = context;
  const ports = ({ container }: Membership) =>
    formatPublished((isAlive(container) && container.publishedPorts) || [], glyphs.arrow);
  const portsWidth = Math.max(5, ...rows.map((row) => textWidth(ports(row))));
  const muted = (text: string) => theme.style('muted', text);
  return [
    { title: 'CONTAINER', width: 9, rank: 0, grows: true, cell: ({ container }) => container.name },
    {
      title: 'ADDRESS',
      width: 15,
      rank: 1,
      // One that does not run has none.
      cell: ({ container, endpoint }) =>
        isAlive(container) ? (endpoint.ipAddress ?? muted('-')) : formatState(container.state, theme, glyphs),
    },
    {
      title: 'PORTS',
      width: Math.min(portsWidth, MAX_PORTS_WIDTH),
      rank: 2,
      cell: (row) => theme.style('key', ports(row)),
    },
    { title: 'IN', width: 5, rank: 4, align: 'right', cell: (row) => rate(context, row, 'in') },
    { title: '', width: 6, rank: 6, cell: (row, width) => sparkline(context, row, { direction: 'in', width }) },
    { title: 'OUT', width: 5, rank: 5, align: 'right', cell: (row) => rate(context, row, 'out') },
    { title: '', width: 6, rank: 7, cell: (row, width) => sparkline(context, row, { direction: 'out', width }) },
    { title: 'MAC', width: 17, rank: 8, cell: (row) => muted(row.endpoint.macAddress ?? '') },
    { title: 'IPV6', width: 16, rank: 10, cell: (row) => row.endpoint.ip6Address ?? '' },
    {
      title: 'ALIASES',
      width: 14,
      rank: 9,
      cell: ({ endpoint }) => muted((endpoint.attachment.aliases ?? []).join(',')),
    },
  ];
}

type Direction = 'in' | 'out';

function rate({ workspace, theme }: PaintContext, { container, endpoint }: Membership, direction: Direction): string {
  if (!isAlive(container)) return '';
  const history = workspace.stats.getState().histories.get(container.id);
  const value = history?.value(trafficMetrics(endpoint, history)[direction]) ?? Number.NaN;
  return theme.style(value > 0 ? 'text' : 'muted', formatRate(value));
}

/** In and out of a container have one scale. */
function sparkline(
  { workspace, theme, glyphs }: PaintContext,
  { container, endpoint }: Membership,
  { direction, width }: { readonly direction: Direction; readonly width: number },
): string {
  const { histories, atMs } = workspace.stats.getState();
  const history = histories.get(container.id);
  if (history === undefined || !isAlive(container)) return '';
  const metrics = trafficMetrics(endpoint, history);
  // Three seconds a bar, as in the list of containers.
  const read = (metric: typeof metrics.in) => history.series(metric, width, Math.floor(atMs / 1000), 3);
  const scale = Math.max(
    MIN_TRAFFIC_SCALE,
    ...[...read(metrics.in), ...read(metrics.out)].filter((value) => value > 0),
  );
  return theme.style('network', drawSparkline(read(metrics[direction]), width, scale, glyphs.graph));
}
