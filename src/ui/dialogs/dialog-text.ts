import type { Dialog } from '../../store/dialog.js';
import type { PaintContext } from '../paint-context.js';
import { formatClock } from '../rows/format.js';
import { keyLabel } from '../rows/key-label.js';
import { fillHanging, fillParagraph, wrapHanging } from '../rows/text-lines.js';
import { fitText } from '../terminal/ansi-text.js';
import { eventRows } from './events-dialog.js';
import { helpRows } from './help-rows.js';
import { transferText } from './transfer-content.js';

/** What a dialog scrolls over: all rows, and how many of them it shows. */
export interface DialogText {
  readonly rows: readonly string[];
  readonly room: number;
  /** The first row that is shown before it is scrolled. */
  readonly start: number;
}

/** The text of a dialog on a screen that leaves it `height` rows; undefined: it is a list or a form. */
export function readDialogText(
  context: PaintContext,
  dialog: Dialog,
  width: number,
  height: number,
): DialogText | undefined {
  const room = listRoom(height);
  const fromTop = (rows: readonly string[], shown: number) => ({ rows, room: Math.max(1, shown), start: 0 });
  switch (dialog.kind) {
    case 'confirm': {
      const rows = questionRows(dialog, width).slice(1);
      return fromTop(rows, rows.length > height ? height - 1 : rows.length);
    }
    case 'text-view':
      return fromTop(
        dialog.lines.flatMap((line) => fillParagraph(line, width)),
        room - 2,
      );
    case 'help':
      return fromTop(keyRows(context, dialog.query, width), room);
    case 'commands': {
      const rows = commandRows(context, width);
      return { rows, room, start: Math.max(0, rows.length - room) };
    }
    case 'events':
      return dialog.isOpen && dialog.selected !== undefined
        ? fromTop(eventRows(context, dialog.selected, width), room - 2)
        : undefined;
    case 'transfer':
      return transferText(context, dialog, width, room);
    default:
      return undefined;
  }
}

/** Rows of a list: on a screen of few it goes to the edges. */
export const listRoom = (height: number) => Math.max(1, height - 5, Math.min(5, height - 2));

/** The last row that can be the first on screen. */
export const lastTop = ({ rows, room }: DialogText) => Math.max(0, rows.length - room);

/** The rows that are shown. */
export function shownRows(text: DialogText, top: number | undefined): readonly string[] {
  const from = Math.min(top ?? text.start, lastTop(text));
  return text.rows.slice(from, from + text.room);
}

/** Such as `3-7 of 12 lines`; empty where all are shown. */
export function shownPart(text: DialogText, top: number | undefined): string {
  const from = Math.min(top ?? text.start, lastTop(text));
  const { rows, room } = text;
  return rows.length <= room ? '' : `${from + 1}-${from + room} of ${rows.length} lines`;
}

/** A question with what goes with it; its first row is the title. */
export function questionRows(
  { question, lines }: Extract<Dialog, { kind: 'confirm' }>,
  width: number,
): readonly string[] {
  return [question, ...lines].flatMap((line) => fillParagraph(line, width));
}

const KEY_WIDTH = 14;

function keyRows(context: PaintContext, query: string, width: number): readonly string[] {
  const { theme, glyphs, bindings } = context;
  const rows = helpRows(query, bindings);
  if (rows.length === 0) return [theme.style('muted', 'no key does that')];
  return rows.flatMap((row) => {
    if (row.kind === 'heading') return [theme.style('title', fitText(row.text, width))];
    const [keys, help] =
      row.kind === 'form'
        ? [row.form, row.meaning]
        : [row.binding.keys.map((key) => keyLabel(key, glyphs)).join(' ') || '(palette)', row.binding.help];
    return fillHanging(`${theme.style('key', fitText(keys, KEY_WIDTH, 'right'))}  `, help, width);
  });
}

/** What was done, the newest last; long lines go on below. */
function commandRows({ theme, glyphs, workspace }: PaintContext, width: number): readonly string[] {
  const { commands } = workspace.commands.getState();
  const muted = (text: string) => theme.style('muted', text);
  if (commands.length === 0) return [muted('nothing has been done yet')];
  const signs = { ok: theme.style('ok', glyphs.check), failed: theme.style('error', glyphs.cross) };
  return commands.flatMap(({ atMs, outcome, line, durationMs, message }) => {
    const sign = outcome === 'ok' || outcome === 'failed' ? signs[outcome] : glyphs.ellipsis;
    const took = durationMs === undefined ? '' : muted(` ${Math.round(durationMs)} ms`);
    const failure = message === undefined ? '' : ` ${theme.style('error', message)}`;
    return wrapHanging(`${muted(formatClock(atMs))} ${sign} `, `${line}${took}${failure}`, width);
  });
}
