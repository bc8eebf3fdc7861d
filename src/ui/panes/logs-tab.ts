import type { LogLine, LogRing } from '../../store/log-ring.js';
import type { LogSource } from '../../store/merged-logs.js';
import { createRowFilter } from '../../store/row-filter.js';
import type { LogView } from '../../store/view-store.js';
import { keyHint } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatClock } from '../rows/format.js';
import { wrapText } from '../rows/text-lines.js';
import { clipText, fitText, sanitizeText, stripStyles, textWidth } from '../terminal/ansi-text.js';
import type { Token } from '../terminal/theme.js';

/** The last lines of the log, or those around where it was scrolled to; matches stand out. Rows of exactly `height`. */
export function paintLogsTab(context: PaintContext, width: number, height: number): string[] {
  const { workspace, theme } = context;
  const { ring, selection, status, message, sources } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  selection.refresh();
  if (ring.end === ring.first) return [theme.style('muted', emptyText(status, message))];
  if (selection.count === 0)
    return [theme.style('muted', `no line passes the filters${keyHint(context.bindings, 'back', 'clears them')}`)];
  const last = selection.count - 1;
  const bottom = logs.isFollowing ? last : Math.max(0, Math.min(last, selection.place(logs.bottom)));
  const prefixOf = createPrefixes(context, sources);
  const rowsAt = (place: number) => {
    const number = selection.number(place);
    const entry = ring.line(number);
    const isMatch = number === logs.match;
    return entry === undefined ? [] : drawLine(context, entry, { logs, width, isMatch, prefix: prefixOf(entry) });
  };
  const rows: string[] = [];
  for (let place = bottom; place >= 0 && rows.length < height; place--) rows.unshift(...rowsAt(place));
  if (rows.length >= height) return rows.slice(-height);
  // At the begin of the log the page is filled from below.
  for (let place = bottom + 1; place <= last && rows.length < height; place++) rows.push(...rowsAt(place));
  return rows.slice(0, height);
}

/** Such as `follow`, `1204 lines`, `300 dropped`, for the pane's title; the most useful first. */
export function logsNotes({ workspace, theme, bindings }: PaintContext): readonly string[] {
  const { ring, selection, filter, window, status, sources, message } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  const isFiltered = filter.keep !== '' || filter.hide !== '';
  const count = ring.end - ring.first;
  const parts = [
    logs.isFollowing
      ? status === 'ended'
        ? 'ended'
        : 'follow'
      : theme.style('warning', `stopped${keyHint(bindings, 'log-follow', 'follows')}`),
    ...(filter.keep === '' ? [] : [theme.style('match', `&${filter.keep}`)]),
    ...(filter.hide === '' ? [] : [theme.style('match', `!${filter.hide}`)]),
    ...(logs.search === '' ? [] : [theme.style('match', `/${logs.search}`), matchNote(ring, logs)]),
    ...(window === 'tail' ? [] : [window]),
    ...(sources.length > 1 ? [`${sources.length} containers`] : []),
    isFiltered ? `${selection.count}/${count} lines` : `${count} lines`,
    ...(ring.first > 0 ? [`${ring.first} dropped`] : []),
    ...(logs.isWrapped ? ['wrap'] : []),
    ...(logs.isPretty ? ['json'] : []),
    ...(sources.length > 1 && message !== undefined ? [theme.style('warning', sanitizeText(message))] : []),
  ];
  return parts;
}

function matchNote(ring: LogRing, logs: LogView): string {
  return logs.match === undefined ? '' : `line ${logs.match - ring.first + 1}`;
}

interface LineStyle {
  readonly logs: LogView;
  readonly width: number;
  readonly isMatch: boolean;
  /** Of several logs, whose line it is. */
  readonly prefix: string;
}

const SOURCE_TOKENS: readonly Token[] = ['cpu', 'memory', 'network', 'io', 'paused', 'ok', 'warning', 'limit'];

/** The name of its container before each line, where there are several: in a column of its own, and each in its colour. */
function createPrefixes({ theme, glyphs }: PaintContext, sources: readonly LogSource[]): (line: LogLine) => string {
  if (sources.length < 2) return () => '';
  const width = Math.min(14, Math.max(...sources.map(({ name }) => textWidth(name))));
  const prefixes = sources.map(({ name }, i) =>
    theme.style(
      SOURCE_TOKENS[i % SOURCE_TOKENS.length] ?? 'text',
      `${fitText(name, width, 'left', glyphs.ellipsis)} ${glyphs.frame.left} `,
    ),
  );
  return ({ from }) => prefixes[from ?? -1] ?? '';
}

function drawLine(
  context: PaintContext,
  line: LogLine,
  { logs, width, isMatch, prefix }: LineStyle,
): readonly string[] {
  const { theme, glyphs } = context;
  if (line.stream === 'mark')
    return [theme.style('mark', markRule(formatClock(line.atMs), glyphs.axis.horizontal, width))];
  const raw = line.text.replace(/\r?\n$/, '');
  const time = logs.showsTime ? `${line.time.slice(11, 23)} ` : '';
  const texts = logs.isPretty ? prettyLines(raw) : [raw];
  const rows = texts.flatMap((text, i) => {
    const marked = highlight(context, sanitizeText(text), logs.search, line.stream === 'stderr');
    const lead = time === '' ? '' : theme.style('muted', i === 0 ? time : ' '.repeat(time.length));
    if (logs.isWrapped) return wrapText(prefix + lead + marked, width);
    // Whose line it is stays in sight.
    const room = Math.max(0, width - textWidth(prefix));
    return [prefix + clipText(lead + marked, logs.column, room)];
  });
  return isMatch ? rows.map((row) => theme.base('selection', clipText(row, 0, width))) : rows;
}

function markRule(text: string, dash: string, width: number): string {
  const rest = Math.max(0, width - text.length - 2);
  const left = Math.floor(rest / 2);
  return `${dash.repeat(left)} ${text} ${dash.repeat(rest - left)}`;
}

/** Longer JSON is data, which nobody reads in a pane of rows. */
const PRETTY_CHARACTERS_MAX = 20_000;

/** A line that is a JSON object or array set out over several, what stands before it in front; any other as it is. */
function prettyLines(text: string): readonly string[] {
  const plain = stripStyles(text);
  const at = plain.search(/[{[]/);
  if (at < 0 || plain.length > PRETTY_CHARACTERS_MAX || !/[}\]]\s*$/.test(plain)) return [text];
  try {
    const lines = JSON.stringify(JSON.parse(plain.slice(at)), undefined, 2).split('\n');
    const before = plain.slice(0, at).trimEnd();
    return before === '' ? lines : [before, ...lines];
  } catch {
    // A bracket in a sentence.
    return [text];
  }
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
