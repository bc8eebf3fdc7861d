import type { EventMark } from '../../store/events-store.js';
import type { PaintContext } from '../paint-context.js';
import { clipText, fitText, textWidth } from '../terminal/ansi-text.js';
import { samplesPerCell } from '../terminal/graph.js';
import { formatClock } from './format.js';

export interface TimeAxis {
  readonly width: number;
  readonly endSecond: number;
  readonly secondsPerValue: number;
  readonly marks: readonly EventMark[];
  readonly flags: ReadonlyMap<number, string> | undefined;
  readonly cursorSecond: number | undefined;
}

/** The gravest last: it is what stands where several fall together. */
const MARK_LETTERS: Readonly<Record<EventMark['kind'], string>> = {
  start: 'S',
  healthy: 'h',
  restart: 'R',
  exit: 'X',
  update: '',
  unhealthy: 'H',
  oom: 'O',
};
const MARK_ORDER = Object.keys(MARK_LETTERS);

/** The line below a graph: what happened when. */
export function drawAxis({ theme, glyphs }: PaintContext, axis: TimeAxis): string {
  const perCell = samplesPerCell(glyphs.graph);
  const cells: string[] = Array.from({ length: axis.width }, () => theme.style('border', glyphs.axis.horizontal));
  for (const [index, letter] of axis.flags ?? []) cells[Math.floor(index / perCell)] = theme.style('warning', letter);
  const marks = [...axis.marks].sort((a, b) => MARK_ORDER.indexOf(a.kind) - MARK_ORDER.indexOf(b.kind));
  for (const mark of marks) {
    const cell = cellOf(axis, Math.floor(mark.atMs / 1000), axis.width, perCell);
    if (cell < 0 || cell >= axis.width) continue;
    const letter = mark.kind === 'update' ? glyphs.mark : MARK_LETTERS[mark.kind];
    cells[cell] = theme.style(mark.kind === 'oom' || mark.kind === 'exit' ? 'error' : 'mark', letter);
  }
  return cells.join('');
}

/** The times below the axis: at the cursor where there is one, else beside the newest change of a limit what it was. */
export function drawTimes({ theme, glyphs, workspace }: PaintContext, axis: TimeAxis): string {
  const perCell = samplesPerCell(glyphs.graph);
  const { width, secondsPerValue } = axis;
  const zoomed = secondsPerValue === 1 ? '' : ` max of ${secondsPerValue}s`;
  const start = `-${formatSpan(width * perCell * secondsPerValue)}${zoomed}`;
  const isFrozen = workspace.view.getState().graph.frozenAtMs !== undefined;
  const end = isFrozen ? formatClock(axis.endSecond * 1000) : 'now';
  const note = noteOf(axis, glyphs.arrow);
  const at = note === undefined ? -1 : cellOf(axis, note.second, width, perCell);
  const length = note === undefined ? 0 : textWidth(note.text);
  const from = Math.max(0, Math.min(at, width - end.length - 2 - length));
  const isShown = note !== undefined && at >= 0 && at < width && (note.isCursor || from > start.length);
  // What the cursor says is worth more than where the axis begins.
  const begin = isShown && from <= start.length ? '' : start;
  const cells = fitText(begin, width - end.length, 'left', glyphs.ellipsis) + end;
  if (!isShown) return theme.style('muted', clipText(cells, 0, width));
  const after = cells.slice(from + length);
  return theme.style('muted', cells.slice(0, from)) + theme.style('mark', note.text) + theme.style('muted', after);
}

interface Note {
  readonly second: number;
  readonly text: string;
  readonly isCursor: boolean;
}

function noteOf({ cursorSecond, endSecond, marks }: TimeAxis, arrow: string): Note | undefined {
  if (cursorSecond !== undefined) {
    const back = endSecond - cursorSecond;
    const ago = back > 0 ? ` -${formatSpan(back)}` : '';
    return { second: cursorSecond, text: formatClock(cursorSecond * 1000) + ago, isCursor: true };
  }
  const update = marks.findLast(({ kind, text }) => kind === 'update' && text !== undefined);
  if (update?.text === undefined) return undefined;
  return { second: Math.floor(update.atMs / 1000), text: update.text.replaceAll('→', arrow), isCursor: false };
}

/** The cell of a time on an axis of `width` cells that ends at `endSecond`; outside of it where it is not in view. */
export function cellOf(
  axis: { readonly endSecond: number; readonly secondsPerValue: number },
  second: number,
  width: number,
  perCell: number,
): number {
  const group = (at: number) => Math.floor(at / axis.secondsPerValue);
  return width - 1 - Math.floor((group(axis.endSecond) - group(second)) / perCell);
}

/** `62s`, `2m20s`, `5m`. */
export function formatSpan(seconds: number): string {
  if (seconds < 120) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${seconds % 60 === 0 ? '' : `${seconds % 60}s`}`;
}
