import type { FormDialog, FormField } from '../../store/dialog.js';
import type { PaintContext } from '../paint-context.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText } from '../terminal/ansi-text.js';
import { completionLines, fitFields, typedFieldText } from './field-lines.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';

const LABEL_WIDTH = 12;

/**
 * Fields with what was typed, completions below the one that has the cursor, what is wrong, and the keys, in `height` rows: where there
 * are more fields, those around the cursor.
 */
export function formLines(context: PaintContext, form: FormDialog, width: number, height: number): readonly string[] {
  const { theme } = context;
  const most = Math.max(0, Math.min(5, height - form.fields.length - form.lines.length - 7));
  const fields = form.fields.map((field, i) => {
    const isChosen = i === form.index;
    if (field.isSwitch === true) return [switchLine(context, field, isChosen)];
    return isChosen ? typedFieldLines(context, field, { width, most }) : [restingFieldLine(context, field, width)];
  });
  const error = form.error === undefined ? [] : fillParagraph(form.error, width);
  const head = form.lines.flatMap((line) => fillParagraph(line, width)).map((line) => theme.style('muted', line));
  const foot = [
    ...error.map((line) => theme.style('error', line)),
    form.isWaiting === true ? theme.style('muted', 'one moment …') : formKeys(context, form),
  ];
  return fitFields({ head, fields: fields.flat(), foot }, form.index, height);
}

function typedFieldLines(
  context: PaintContext,
  field: FormField,
  { width, most }: { readonly width: number; readonly most: number },
): readonly string[] {
  const { theme, glyphs } = context;
  const valueWidth = Math.max(4, width - LABEL_WIDTH - 2);
  const completions = field.complete?.(field.text) ?? [];
  const label = theme.style('key', fitText(`${glyphs.cursor} ${field.label}`, LABEL_WIDTH));
  const hint = field.text === '' && completions.length === 0 ? theme.style('muted', field.hint) : '';
  return [
    `${label}  ${typedFieldText(context, { ...field, completions }, valueWidth)}${hint}`,
    ...completionLines(context, completions, { indent: LABEL_WIDTH + 2, width: valueWidth, most }),
  ];
}

function switchLine({ theme, glyphs }: PaintContext, { label, text, hint }: FormField, isChosen: boolean): string {
  const name = fitText(`${isChosen ? glyphs.cursor : ' '} ${label}`, LABEL_WIDTH);
  return `${theme.style(isChosen ? 'key' : 'muted', name)}  [${text === '' ? ' ' : 'x'}] ${theme.style('muted', hint)}`;
}

function restingFieldLine({ theme }: PaintContext, field: FormField, width: number): string {
  const valueWidth = Math.max(4, width - LABEL_WIDTH - 2);
  const shown = field.isSecret === true ? '*'.repeat([...field.text].length) : field.text;
  const hint = theme.style('muted', fitText(field.hint, valueWidth).trimEnd());
  const label = theme.style('muted', fitText(`  ${field.label}`, LABEL_WIDTH));
  return `${label}  ${shown === '' ? hint : fitText(shown, valueWidth)}`;
}

function formKeys(context: PaintContext, { verb, fields }: FormDialog): string {
  const does = [
    ...(fields.some(({ complete }) => complete !== undefined) ? ['complete'] : []),
    ...(fields.length > 1 ? ['next field'] : []),
  ];
  return joinItems([
    keyItem(context, 'form-submit', verb),
    does.length === 0 ? '' : keyItem(context, 'form-next', does.join(', ')),
    fields.some(({ isSwitch }) => isSwitch) ? `${context.theme.style('key', 'space')} switch` : '',
    escapeItem(context, 'leave'),
  ]);
}
