import type { PaintContext } from '../paint-context.js';
import { fillHanging } from '../rows/text-lines.js';
import { fitText, textWidth } from '../terminal/ansi-text.js';

/** One row of a list in a dialog; what is chosen has the cursor. */
export function choiceLine({ theme, glyphs }: PaintContext, text: string, isChosen: boolean): string {
  return isChosen ? theme.base('selection', `${glyphs.cursor} ${text}`) : `  ${text}`;
}

/** A row of a list in a dialog as it stands in one line, and in full. */
export interface Choice {
  readonly short: string;
  readonly whole: string;
  /** Part of it is left out of the line already. */
  readonly isShortened?: boolean;
}

/** The choices around the chosen one, of which all is told where it does not fit into a line; as high wherever it stands. */
export function choiceLines(
  context: PaintContext,
  choices: readonly Choice[],
  index: number,
  { width, room }: { readonly width: number; readonly room: number },
): readonly string[] {
  const cut = (text: string) => fitText(text, width - 2, 'left', context.glyphs.ellipsis);
  const isCut = ({ short, isShortened }: Choice) => isShortened === true || textWidth(short) > width - 2;
  const rowsOf = (choice: Choice) => (isCut(choice) ? fillHanging('', choice.whole, width - 4) : [choice.short]);
  const most = Math.max(0, ...choices.map((choice) => rowsOf(choice).length - 1));
  const [first = '', ...others] = rowsOf(choices[index] ?? { short: '', whole: '' }).slice(0, room);
  const listed = Math.max(1, Math.min(choices.length, room - others.length));
  const top = windowTop(index, listed, choices.length);
  const lines = choices.slice(top, top + listed).flatMap((choice, i) => {
    if (top + i !== index) return [choiceLine(context, isCut(choice) ? cut(choice.short) : choice.short, false)];
    const below = others.map((row) => context.theme.base('selection', `${CONTINUED}${row}`));
    return [choiceLine(context, first, true), ...below];
  });
  const height = Math.min(room, choices.length + most);
  return [...lines, ...Array.from({ length: Math.max(0, height - lines.length) }, () => '')];
}

/** What a row begins with that goes on with the one above it. */
export const CONTINUED = '    ';

/** First of the `room` rows that are shown: the chosen one is near their middle. */
export function windowTop(index: number, room: number, count: number): number {
  return Math.max(0, Math.min(index - Math.floor(room / 2), count - room));
}

const SCROLL_STEPS: Readonly<Record<string, number>> = {
  down: 1,
  up: -1,
  j: 1,
  k: -1,
  pagedown: 10,
  pageup: -10,
  home: -10_000,
  end: 10_000,
};

export function isScrollKey(key: string): boolean {
  return key in SCROLL_STEPS;
}

/** Where a key leads from a row; the same row for any other key. */
export function scroll(from: number, key: string, last: number): number {
  return Math.max(0, Math.min(Math.max(0, last), from + (SCROLL_STEPS[key] ?? 0)));
}

/** The same over a text, of which `last` is the last row that can be the first on screen. */
export function scrollTop(from: number, key: string, last: number): number {
  return scroll(Math.min(from, last), key, last);
}
