import type { Size, TextPane } from '../../store/view-store.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { clipText, textWidth } from '../terminal/ansi-text.js';
import { keyLabel } from './key-label.js';

/** What of a text its pane shows: from where it was scrolled to, as far as it goes. */
export function drawScrolled(
  context: PaintContext,
  pane: TextPane,
  lines: readonly string[],
  size: Size,
): readonly string[] {
  const { top, left } = placeOf(context, pane, lines, size);
  const shown = lines.slice(top, top + size.height);
  return left === 0 ? shown : shown.map((line) => clipText(line, left, size.width));
}

/** Which lines are shown where not all have room, and that there is more beside them; with the keys. */
export function scrollNotes(
  context: PaintContext,
  pane: TextPane,
  lines: readonly string[],
  size: Size,
): readonly string[] {
  const { theme, glyphs, bindings } = context;
  const { top, left } = placeOf(context, pane, lines, size);
  const key = (command: 'down' | 'up' | 'text-left' | 'text-right') => keyLabel(keyOf(bindings, command), glyphs);
  const isWide = left > 0 || widestOf(lines) > size.width;
  const isLong = lines.length > size.height;
  const last = Math.min(lines.length, top + size.height);
  return [
    isLong ? theme.style('muted', `${top + 1}-${last}/${lines.length} ${key('down')} ${key('up')}`) : '',
    isWide ? theme.style('muted', `${key('text-left')} ${key('text-right')}`) : '',
  ];
}

export const widestOf = (lines: readonly string[]) => Math.max(0, ...lines.map(textWidth));

function placeOf({ workspace }: PaintContext, pane: TextPane, lines: readonly string[], { width, height }: Size) {
  const { top, left } = workspace.view.getState().scrolled[pane];
  return {
    top: Math.min(top, Math.max(0, lines.length - height)),
    left: left === 0 ? 0 : Math.min(left, Math.max(0, widestOf(lines) - width)),
  };
}
