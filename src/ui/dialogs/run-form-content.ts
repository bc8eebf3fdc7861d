import { completeRunField, RUN_FIELDS, type RunForm } from '../../store/run-form.js';
import type { PaintContext } from '../paint-context.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText, joinFitting, textWidth } from '../terminal/ansi-text.js';
import { completionLines, fitFields, typedFieldText } from './field-lines.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';

const LABEL_WIDTH = 12;

/** The run form with completions below the field that has the cursor, where there is room for them, in `height` rows. */
export function runLines(context: PaintContext, form: RunForm, width: number, height: number): readonly string[] {
  const { theme, glyphs, workspace } = context;
  const valueWidth = Math.max(4, width - LABEL_WIDTH - 2);
  const hint = (text: string) => theme.style('muted', text);
  const completions = completeRunField(form, workspace.resources.getState());
  const fields = RUN_FIELDS.flatMap((field) => {
    const isChosen = field.name === form.field;
    const label = theme.style(
      isChosen ? 'key' : 'muted',
      fitText(`${isChosen ? glyphs.cursor : ' '} ${field.label}`, LABEL_WIDTH),
    );
    const value = form.values[field.name];
    if (field.kind === 'switch') return [`${label}  [${value === '' ? ' ' : 'x'}] ${hint(field.hint)}`];
    if (!isChosen) {
      const shown = value === '' ? hint(fitText(field.hint, valueWidth).trimEnd()) : fitText(value, valueWidth);
      return [`${label}  ${shown}`];
    }
    const most = Math.max(0, Math.min(4, height - RUN_FIELDS.length - 7));
    const typed = typedFieldText(context, { text: value, cursor: form.cursor, completions }, valueWidth);
    return [
      `${label}  ${typed}`,
      ...completionLines(context, completions, { indent: LABEL_WIDTH + 2, width: valueWidth, most }),
    ];
  });
  const error = form.error === undefined ? [] : fillParagraph(form.error, width);
  const first = [keyItem(context, 'form-submit', 'run'), keyItem(context, 'form-next', 'next field')];
  const others = [`${theme.style('key', 'space')} switch`, keyItem(context, 'form-recent', 'recent')];
  const leave = escapeItem(context, 'leave');
  const keys = joinItems([...first, ...others, leave]);
  const keysLine = textWidth(keys) <= width ? keys : joinFitting([...first, leave, ...others], '   ', width);
  const foot = [...error.map((line) => theme.style('error', line)), keysLine];
  const index = RUN_FIELDS.findIndex(({ name }) => name === form.field);
  return fitFields({ head: [], fields, foot }, index, height);
}
