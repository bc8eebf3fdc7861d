import type { PaintContext } from '../paint-context.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';

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
