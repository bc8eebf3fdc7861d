import type { Dialog } from '../../store/dialog.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatClock } from '../rows/format.js';
import { keyLabel } from '../rows/key-label.js';
import { fillParagraph, wrapText } from '../rows/text-lines.js';
import { fitText, textWidth } from '../terminal/ansi-text.js';
import { choiceLine, windowTop } from './choice-list.js';
import { columnsLines } from './columns-dialog.js';
import { eventsLines } from './events-dialog.js';
import { typedFieldText } from './field-lines.js';
import { formLines } from './form-content.js';
import { helpRows, paletteRows } from './help-rows.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';
import { runLines } from './run-form-content.js';
import { transferContent, transferListLines } from './transfer-content.js';

export interface DialogContent {
  readonly title: string;
  readonly lines: readonly string[];
  readonly isDangerous: boolean;
}

/** A dialog as text of at most `width` cells and, where it scrolls, `height` rows. */
export function dialogContent(context: PaintContext, dialog: Dialog, width: number, height: number): DialogContent {
  const calm = (title: string, lines: readonly string[]): DialogContent => ({ title, lines, isDangerous: false });
  // On a screen of few rows a list goes to its edges.
  const room = Math.max(1, height - 5, Math.min(5, height - 2));
  switch (dialog.kind) {
    case 'confirm': {
      const [title = '', ...question] = fillParagraph(dialog.question, width);
      const lines = [...question, ...dialog.lines.flatMap((line) => fillParagraph(line, width))];
      return { title, lines: withAnswer(context, lines, dialog.verb, height), isDangerous: true };
    }
    case 'menu':
      return calm(dialog.title, ['', ...menuLines(context, dialog, width, room)]);
    case 'text': {
      const buttons = joinItems([keyItem(context, 'form-submit', dialog.verb), escapeItem(context, 'leave')]);
      const field = typedFieldText(context, { text: dialog.text, cursor: dialog.cursor, completions: [] }, width);
      return calm(dialog.title, ['', fitText(field, width), hint(context, dialog.hint), '', buttons]);
    }
    case 'text-view':
      return calm(dialog.title, ['', ...textViewLines(context, dialog, width, room)]);
    case 'help':
      return calm(`Keys ${searchText(context, dialog.query)}`, [
        '',
        ...helpLines(context, dialog, width, room),
        '',
        hint(context, 'type to search   esc closes'),
      ]);
    case 'palette':
      return calm(`: ${dialog.query}`, ['', ...paletteLines(context, dialog, width, room)]);
    case 'commands':
      return calm('Commands', ['', ...commandLines(context, dialog.top, width, room)]);
    case 'events':
      return calm(`Events ${searchText(context, dialog.query)}`, ['', ...eventsLines(context, dialog, width, room)]);
    case 'run':
      return calm('Run a container', ['', ...runLines(context, dialog.form, width, height)]);
    case 'form':
      return calm(dialog.title, ['', ...formLines(context, dialog, width, height)]);
    case 'columns':
      return calm('Columns', ['', ...columnsLines(context, dialog, room)]);
    case 'transfer': {
      const { title, lines } = transferContent(context, dialog, width, room);
      return calm(title, ['', ...lines]);
    }
    case 'transfers':
      return calm('Transfers', ['', ...transferListLines(context, dialog.index, width, room)]);
  }
}

/** The answers stay in sight: on few rows what is above them is cut. */
function withAnswer(context: PaintContext, lines: readonly string[], verb: string, height: number): readonly string[] {
  const answer = answerLine(context, verb);
  if (lines.length < height) return [...lines, '', answer];
  return lines.length === height
    ? [...lines, answer]
    : [...lines.slice(0, Math.max(0, height - 1)), context.glyphs.ellipsis, answer];
}

function answerLine({ theme, glyphs, bindings }: PaintContext, verb: string): string {
  const yes = bindings.find(({ command }) => command === 'answer-yes')?.keys ?? [];
  const no = ['esc', keyOf(bindings, 'answer-no')].filter((key) => key !== '');
  const keys = (names: readonly string[]) => theme.style('key', names.map((name) => keyLabel(name, glyphs)).join(' '));
  return `${keys(yes)} ${verb}   ${keys(no)} keep it`;
}

const hint = ({ theme }: PaintContext, text: string) => theme.style('muted', text);

/** Labels below each other, as wide as the widest but for what the hints need. */
function menuLines(
  context: PaintContext,
  { items, index }: Extract<Dialog, { kind: 'menu' }>,
  width: number,
  room: number,
): readonly string[] {
  const widest = Math.max(...items.map(({ label }) => textWidth(label)));
  const labelWidth = Math.max(12, Math.min(widest + 2, Math.floor(width * 0.6)));
  const top = windowTop(index, room, items.length);
  return items.slice(top, top + room).map((item, i) => {
    const label = fitText(item.label, labelWidth, 'left', context.glyphs.ellipsis);
    const text = label + hint(context, item.hint ?? '');
    const fits = textWidth(text) <= width - 2;
    return choiceLine(
      context,
      fits ? text : fitText(text, width - 2, 'left', context.glyphs.ellipsis),
      top + i === index,
    );
  });
}

/** Lines are broken at words; the last ones stay in sight. */
function textViewLines(
  context: PaintContext,
  { lines, top }: Extract<Dialog, { kind: 'text-view' }>,
  width: number,
  room: number,
): readonly string[] {
  const rows = lines.flatMap((line) => fillParagraph(line, width).flatMap((part) => wrapText(part, width)));
  const listed = Math.max(1, room - 2);
  const from = Math.max(0, Math.min(top, rows.length - listed));
  const keys = keyItem(context, 'menu-choose', 'closes');
  const more = rows.length > listed ? hint(context, `${from + 1}-${from + listed} of ${rows.length} lines`) : '';
  return [...rows.slice(from, from + listed), '', joinItems([keys, more])];
}

function searchText(context: PaintContext, query: string): string {
  return query === '' ? '' : `/ ${context.theme.style('match', query)}`;
}

function helpLines(
  context: PaintContext,
  dialog: Extract<Dialog, { kind: 'help' }>,
  width: number,
  room: number,
): readonly string[] {
  const { theme, glyphs } = context;
  const rows = helpRows(dialog.query, context.bindings);
  if (rows.length === 0) return [hint(context, 'no key does that')];
  const top = Math.max(0, Math.min(dialog.top, rows.length - room));
  return rows.slice(top, top + room).map((row) => {
    if (row.kind === 'heading') return theme.style('title', fitText(row.text, width));
    const [keys, help] =
      row.kind === 'form'
        ? [row.form, row.meaning]
        : [row.binding.keys.map((key) => keyLabel(key, glyphs)).join(' ') || '(palette)', row.binding.help];
    return fitText(`${theme.style('key', fitText(keys, 14, 'right'))}  ${help}`, width, 'left', glyphs.ellipsis);
  });
}

function paletteLines(
  context: PaintContext,
  dialog: Extract<Dialog, { kind: 'palette' }>,
  width: number,
  room: number,
): readonly string[] {
  const rows = paletteRows(dialog.query, context.bindings, context.workspace.recents.getState().commands);
  if (rows.length === 0) return [hint(context, 'nothing by that name')];
  const top = windowTop(dialog.index, room, rows.length);
  return rows.slice(top, top + room).map((binding, i) => {
    const text = `${fitText(binding.label, 14)}${hint(context, binding.help)}`;
    return choiceLine(context, fitText(text, width - 2, 'left', context.glyphs.ellipsis), top + i === dialog.index);
  });
}

function commandLines(context: PaintContext, back: number, width: number, room: number): readonly string[] {
  const { theme, glyphs, workspace } = context;
  const { commands } = workspace.commands.getState();
  if (commands.length === 0) return [hint(context, 'nothing has been done yet')];
  const end = Math.max(Math.min(room, commands.length), commands.length - back);
  return commands.slice(Math.max(0, end - room), end).map((command) => {
    const sign =
      command.outcome === 'ok'
        ? theme.style('ok', glyphs.check)
        : command.outcome === 'failed'
          ? theme.style('error', glyphs.cross)
          : glyphs.ellipsis;
    const took = command.durationMs === undefined ? '' : ` ${Math.round(command.durationMs)} ms`;
    const text = `${hint(context, formatClock(command.atMs))} ${sign} ${command.line}${hint(context, took)} ${theme.style('error', command.message ?? '')}`;
    return fitText(text, width, 'left', glyphs.ellipsis);
  });
}
