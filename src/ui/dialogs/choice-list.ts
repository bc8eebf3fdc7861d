import type { PaintContext } from '../paint-context.js';

/** One row of a list in a dialog; what is chosen has the cursor. */
export function choiceLine({ theme, glyphs }: PaintContext, text: string, isChosen: boolean): string {
  return isChosen ? theme.base('selection', `${glyphs.cursor} ${text}`) : `  ${text}`;
}

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
