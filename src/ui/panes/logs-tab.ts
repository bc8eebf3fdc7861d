import type { LogRing } from '../../store/log-ring.js';
import { createRowFilter } from '../../store/row-filter.js';
import type { LogView } from '../../store/view-store.js';
import type { PaintContext } from '../paint-context.js';
import { wrapText } from '../rows/text-lines.js';
import { clipText, sanitizeText, stripStyles } from '../terminal/ansi-text.js';

/** The last lines of the log, or those around where it was scrolled to; matches stand out. Rows of exactly `height`. */
export function paintLogsTab(context: PaintContext, width: number, height: number): string[] {
  const { workspace, theme } = context;
  const { ring, status, message } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  if (ring.end === ring.first) return [theme.style('muted', emptyText(status, message))];
  const end = logs.isFollowing ? ring.end : Math.min(ring.end, Math.max(logs.bottom + 1, ring.first + 1));
  const rows: string[] = [];
  for (let number = end - 1; number >= ring.first && rows.length < height; number--) {
    const entry = ring.line(number);
    if (entry === undefined) break;
    rows.unshift(...drawLine(context, entry, { logs, width, isMatch: number === logs.match }));
  }
  return rows.slice(-height);
}

/** Such as `follow`, `1204 lines`, `300 dropped`, for the pane's title; the most useful first. */
export function logsNotes({ workspace, theme }: PaintContext): readonly string[] {
  const { ring, status } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  const parts = [
    logs.isFollowing ? (status === 'ended' ? 'ended' : 'follow') : theme.style('warning', 'stopped: f follows'),
    ...(logs.search === '' ? [] : [theme.style('match', `/${logs.search}`), matchNote(ring, logs)]),
    `${ring.end - ring.first} lines`,
    ...(ring.first > 0 ? [`${ring.first} dropped`] : []),
    ...(logs.isWrapped ? ['wrap'] : []),
  ];
  return parts;
}

function matchNote(ring: LogRing, logs: LogView): string {
  return logs.match === undefined ? '' : `line ${logs.match - ring.first + 1}`;
}

type LogEntry = NonNullable<ReturnType<LogRing['line']>>;

interface LineStyle {
  readonly logs: LogView;
  readonly width: number;
  readonly isMatch: boolean;
}

function drawLine(context: PaintContext, entry: LogEntry, { logs, width, isMatch }: LineStyle): readonly string[] {
  const { theme } = context;
  const raw = entry.text.replace(/\r?\n$/, '');
  const time = logs.showsTime ? `${entry.time.slice(11, 23)} ` : '';
  const text = highlight(context, sanitizeText(raw), logs.search, entry.stream === 'stderr');
  const line = (time === '' ? '' : theme.style('muted', time)) + text;
  const rows = logs.isWrapped ? wrapText(line, width) : [clipText(line, logs.column, width)];
  return isMatch ? rows.map((row) => theme.base('selection', clipText(row, 0, width))) : rows;
}

/** The text with its matches marked; a line with a match loses its own colours. */
function highlight({ theme }: PaintContext, text: string, search: string, isError: boolean): string {
  const plain = search === '' ? '' : stripStyles(text);
  if (search === '' || !createRowFilter(search)(plain)) return isError ? theme.style('error', text) : text;
  const expression = toExpression(search);
  return plain.replaceAll(expression, (match) => (match === '' ? '' : theme.style('match', match)));
}

function toExpression(search: string): RegExp {
  try {
    return new RegExp(search, 'gi');
  } catch {
    return new RegExp(search.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
  }
}

function emptyText(status: string, message: string | undefined): string {
  if (status === 'failed') return message ?? 'cannot be read';
  return status === 'following' ? 'nothing printed yet' : 'no log';
}
