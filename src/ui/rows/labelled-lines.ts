import type { PaintContext } from '../paint-context.js';
import { sanitizeText } from '../terminal/ansi-text.js';

/** Values below each other with their labels. */
export function labelledLines(
  { theme }: PaintContext,
  entries: readonly (readonly [string, string])[],
): readonly string[] {
  return entries.map(([label, value]) => `${theme.style('muted', label.padEnd(10))} ${sanitizeText(value)}`);
}
