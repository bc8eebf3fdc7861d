import type { Dialog } from '../../store/dialog.js';
import { RUN_FIELDS, type RunForm } from '../../store/run-form.js';
import type { PaintContext } from '../paint-context.js';
import { formatClock } from '../rows/format.js';
import { keyLabel } from '../rows/key-label.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText } from '../terminal/ansi-text.js';
import { helpRows, paletteRows } from './help-rows.js';

export interface DialogContent {
  readonly title: string;
  readonly lines: readonly string[];
  readonly isDangerous: boolean;
}

/** A dialog as text of at most `width` cells and, where it scrolls, `height` rows. */
export function dialogContent(context: PaintContext, dialog: Dialog, width: number, height: number): DialogContent {
  const calm = (title: string, lines: readonly string[]): DialogContent => ({ title, lines, isDangerous: false });
  const room = Math.max(1, height - 5);
  switch (dialog.kind) {
    case 'confirm': {
      const lines = dialog.lines.flatMap((line) => fillParagraph(line, width));
      return { title: dialog.question, lines: [...lines, '', answerLine(context, dialog.verb)], isDangerous: true };
    }
    case 'menu':
      return calm(dialog.title, [
        '',
        ...dialog.items.map((item, i) =>
          choiceLine(context, fitText(item.label, 12) + hint(context, item.hint ?? ''), i === dialog.index),
        ),
      ]);
    case 'text': {
      const buttons = `${context.theme.style('key', keyLabel('enter', context.glyphs))} ${dialog.verb}   ${context.theme.style('key', 'esc')} leave`;
      const field = fieldText(context, dialog.text, dialog.cursor, width);
      return calm(dialog.title, ['', fitText(field, width), hint(context, dialog.hint), '', buttons]);
    }
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
    case 'run':
      return calm('Run a container', ['', ...runLines(context, dialog.form, width)]);
  }
}

function answerLine({ theme, glyphs }: PaintContext, verb: string): string {
  return `${theme.style('key', `${keyLabel('enter', glyphs)} y`)} ${verb}   ${theme.style('key', 'esc n')} keep it`;
}

const hint = ({ theme }: PaintContext, text: string) => theme.style('muted', text);

function choiceLine({ theme, glyphs }: PaintContext, text: string, isChosen: boolean): string {
  return isChosen ? theme.base('selection', `${glyphs.cursor} ${text}`) : `  ${text}`;
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
  const rows = helpRows(dialog.query);
  if (rows.length === 0) return [hint(context, 'no key does that')];
  const top = Math.max(0, Math.min(dialog.top, rows.length - room));
  return rows.slice(top, top + room).map((row) => {
    if (row.kind === 'heading') return theme.style('title', fitText(row.text, width));
    const keys = row.binding.keys.map((key) => keyLabel(key, glyphs)).join(' ');
    return fitText(
      `${theme.style('key', fitText(keys, 14, 'right'))}  ${row.binding.help}`,
      width,
      'left',
      glyphs.ellipsis,
    );
  });
}

function paletteLines(
  context: PaintContext,
  dialog: Extract<Dialog, { kind: 'palette' }>,
  width: number,
  room: number,
): readonly string[] {
  const rows = paletteRows(dialog.query);
  if (rows.length === 0) return [hint(context, 'nothing by that name')];
  const top = Math.max(0, Math.min(dialog.index - Math.floor(room / 2), rows.length - room));
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

function runLines(context: PaintContext, form: RunForm, width: number): readonly string[] {
  const { theme, glyphs } = context;
  const valueWidth = Math.max(4, width - 14);
  const lines = RUN_FIELDS.map((field) => {
    const isChosen = field.name === form.field;
    const label = theme.style(
      isChosen ? 'key' : 'muted',
      fitText(`${isChosen ? glyphs.cursor : ' '} ${field.label}`, 12),
    );
    const value = form.values[field.name];
    if (field.kind === 'switch') return `${label}  [${value === '' ? ' ' : 'x'}] ${hint(context, field.hint)}`;
    if (isChosen) return `${label}  ${fieldText(context, value, form.cursor, valueWidth)}`;
    return `${label}  ${value === '' ? hint(context, fitText(field.hint, valueWidth).trimEnd()) : fitText(value, valueWidth)}`;
  });
  const error =
    form.error === undefined ? [] : fillParagraph(form.error, width).map((line) => theme.style('error', line));
  const keys = `${theme.style('key', keyLabel('enter', glyphs))} run   ${theme.style('key', 'tab')} next field   ${theme.style('key', 'space')} switch   ${theme.style('key', 'esc')} leave`;
  return [...lines, '', ...error, keys];
}

/** The field that is typed in, with its cursor in sight. */
function fieldText({ theme }: PaintContext, value: string, cursor: number, width: number): string {
  const characters = [...value];
  const from = Math.max(0, cursor - width + 2);
  const before = characters.slice(from, cursor).join('');
  const at = characters[cursor] ?? ' ';
  return before + theme.base('match', at) + characters.slice(cursor + 1, from + width).join('');
}
