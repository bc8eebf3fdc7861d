import type { Dialog } from '../../store/dialog.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { keyLabel } from '../rows/key-label.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText, joinFitting, textWidth } from '../terminal/ansi-text.js';
import { choiceLines } from './choice-list.js';
import { columnsLines } from './columns-dialog.js';
import { type DialogText, listRoom, questionRows, readDialogText, shownPart, shownRows } from './dialog-text.js';
import { eventsLines } from './events-dialog.js';
import { typedFieldText } from './field-lines.js';
import { formLines } from './form-content.js';
import { paletteRows } from './help-rows.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';
import { runLines } from './run-form-content.js';
import { transferFrame, transferListLines } from './transfer-content.js';

export interface DialogContent {
  readonly title: string;
  readonly lines: readonly string[];
  readonly isDangerous: boolean;
}

const calm = (title: string, lines: readonly string[]): DialogContent => ({ title, lines, isDangerous: false });

/** A dialog as text of at most `width` cells and, where it scrolls, `height` rows. */
export function dialogContent(context: PaintContext, dialog: Dialog, width: number, height: number): DialogContent {
  const room = listRoom(height);
  const text = readDialogText(context, dialog, width, height);
  if (text !== undefined) return textContent(context, dialog, text, width);
  switch (dialog.kind) {
    case 'menu':
      return calm(dialog.title, ['', ...menuLines(context, dialog, width, room)]);
    case 'text': {
      const buttons = joinItems([keyItem(context, 'form-submit', dialog.verb), escapeItem(context, 'leave')]);
      const field = typedFieldText(context, { text: dialog.text, cursor: dialog.cursor, completions: [] }, width);
      const hints = fillParagraph(dialog.hint, width).map((line) => hint(context, line));
      return calm(dialog.title, ['', fitText(field, width), ...hints, '', buttons]);
    }
    case 'palette':
      return calm(`: ${dialog.query}`, ['', ...paletteLines(context, dialog, width, room)]);
    case 'events':
      return calm(`Events ${searchText(context, dialog.query)}`, ['', ...eventsLines(context, dialog, width, room)]);
    case 'run':
      return calm('Run a container', ['', ...runLines(context, dialog.form, width, height)]);
    case 'form':
      return calm(dialog.title, ['', ...formLines(context, dialog, width, height)]);
    case 'columns':
      return calm('Columns', ['', ...columnsLines(context, dialog, room)]);
    case 'transfers':
      return calm('Transfers', ['', ...transferListLines(context, dialog.index, width, room)]);
    default:
      return calm('', []);
  }
}

/** A dialog that is a text, with what stands above and below its rows. */
function textContent(context: PaintContext, dialog: Dialog, text: DialogText, width: number): DialogContent {
  const top = 'top' in dialog ? dialog.top : undefined;
  const rows = shownRows(text, top);
  const more = hint(context, shownPart(text, top));
  const close = [keyItem(context, 'menu-choose', 'closes'), more].filter((item) => item !== '');
  switch (dialog.kind) {
    case 'confirm':
      return { ...questionContent(context, dialog, text, width), isDangerous: true };
    case 'text-view':
      return calm(dialog.title, ['', ...rows, '', joinFitting(close, '   ', width)]);
    case 'help': {
      const title = `Keys ${searchText(context, dialog.query)}`;
      const items = [hint(context, 'type to search'), hint(context, 'esc closes'), more];
      return calm(title, ['', ...rows, '', joinFitting(items, '   ', width)]);
    }
    case 'commands':
      return calm(`Commands ${more}`, ['', ...rows]);
    case 'events': {
      const enter = keyItem(context, 'form-submit', 'back to the list');
      // Not to be bound anew: they are the dialog's own.
      const others = ['left', 'right'].map((key) => keyLabel(key, context.glyphs)).join(' ');
      const items = [enter, `${context.theme.style('key', others)} others`, escapeItem(context, 'closes'), more];
      return calm('Event', ['', ...rows, '', joinFitting(items, '   ', width)]);
    }
    case 'transfer': {
      const { title, head, foot } = transferFrame(context, dialog, width);
      // The dialog does not change its width while numbers do.
      const lines = [head, '', ...rows, ...(rows.length === 0 ? [] : ['']), foot];
      return calm(title, ['', ...lines.map((line) => fitText(line, width))]);
    }
    default:
      return calm('', rows);
  }
}

/** The answers stay in sight: on few rows what is above them is scrolled. */
function questionContent(
  context: PaintContext,
  dialog: Extract<Dialog, { kind: 'confirm' }>,
  text: DialogText,
  width: number,
): Pick<DialogContent, 'title' | 'lines'> {
  const answer = answerLine(context, dialog.verb);
  const [title = ''] = questionRows(dialog, width);
  const rows = shownRows(text, dialog.top);
  if (text.rows.length === text.room) return { title, lines: [...rows, '', answer] };
  return { title, lines: [...rows, hint(context, `${shownPart(text, dialog.top)} ${upAndDown(context)}`), answer] };
}

const upAndDown = ({ bindings, glyphs }: PaintContext) =>
  (['menu-down', 'menu-up'] as const).map((each) => keyLabel(keyOf(bindings, each, 'question'), glyphs)).join(' ');

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
  const choices = items.map(({ label, hint: after = '' }) => {
    const cut = fitText(label, labelWidth, 'left', context.glyphs.ellipsis);
    const isShortened = textWidth(label) > labelWidth;
    return {
      isShortened,
      short: cut + hint(context, after),
      whole: [label, after].filter((each) => each !== '').join('  '),
    };
  });
  return choiceLines(context, choices, index, { width, room });
}

function searchText(context: PaintContext, query: string): string {
  return query === '' ? '' : `/ ${context.theme.style('match', query)}`;
}

function paletteLines(
  context: PaintContext,
  dialog: Extract<Dialog, { kind: 'palette' }>,
  width: number,
  room: number,
): readonly string[] {
  const rows = paletteRows(dialog.query, context.bindings, context.workspace.recents.getState().commands);
  if (rows.length === 0) return [hint(context, 'nothing by that name')];
  const choices = rows.map(({ label, help }) => {
    const short = fitText(label, 14) + hint(context, help);
    return { short, whole: `${fitText(label, 14)}${help}` };
  });
  return choiceLines(context, choices, dialog.index, { width, room });
}
