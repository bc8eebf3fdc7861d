import type { PaintContext } from '../paint-context.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';
import { windowTop } from './choice-list.js';

export interface TypedField {
  readonly text: string;
  readonly cursor: number;
  readonly isSecret?: boolean;
  readonly completions: readonly string[];
}

/** The field that is typed in, with its cursor in sight; the rest of the likeliest completion stands behind it. */
export function typedFieldText({ theme }: PaintContext, field: TypedField, width: number): string {
  const characters = field.isSecret === true ? [...field.text].fill('*') : [...field.text];
  const { cursor } = field;
  const from = Math.max(0, cursor - width + 2);
  const before = characters.slice(from, cursor).join('');
  const isAtEnd = cursor === characters.length;
  const [likeliest = ''] = field.completions;
  const rest = isAtEnd && likeliest.startsWith(field.text) && field.text !== '' ? [...likeliest].slice(cursor) : [];
  const at = characters[cursor] ?? rest[0] ?? ' ';
  const after = characters.slice(cursor + 1, from + width).join('');
  const ghost = rest.slice(1, Math.max(1, from + width - cursor)).join('');
  return before + theme.base('match', at) + after + theme.style('muted', ghost);
}

/**
 * Fields, what stands above and below them, in `height` rows: where there are more, the rows below the fields stay, and of the fields those
 * around the one at `index`, of which each has one row and that one the rows of its completions.
 */
export function fitFields(
  { head, fields, foot }: Readonly<Record<'head' | 'fields' | 'foot', readonly string[]>>,
  index: number,
  height: number,
): readonly string[] {
  const all = [...head, ...fields, '', ...foot];
  if (all.length <= height) return all;
  const room = Math.max(1, height - foot.length);
  const top = windowTop(index, room, fields.length);
  return [...fields.slice(top, top + room), ...foot];
}

/** Some of the completions below the field, one a line. */
export function completionLines(
  { theme, glyphs }: PaintContext,
  completions: readonly string[],
  layout: { readonly indent: number; readonly width: number; readonly most: number },
): readonly string[] {
  const shown = completions.length > layout.most ? layout.most - 1 : layout.most;
  const rest = completions.length - shown;
  const lines = [
    ...completions.slice(0, shown).map((each) => sanitizeText(each)),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
  return lines.map(
    (line) => ' '.repeat(layout.indent) + theme.style('muted', fitText(line, layout.width, 'left', glyphs.ellipsis)),
  );
}
