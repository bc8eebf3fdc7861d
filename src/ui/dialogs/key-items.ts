import type { DialogCommand } from '../command.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { keyLabel } from '../rows/key-label.js';

/** `x cancel`: the key of a command in a dialog, and what it does there; empty where it has none. */
export function keyItem({ theme, glyphs, bindings }: PaintContext, command: DialogCommand, does: string): string {
  const key = keyOf(bindings, command);
  return key === '' ? '' : `${theme.style('key', keyLabel(key, glyphs))} ${does}`;
}

/** Nobody can bind escape to something else. */
export function escapeItem({ theme }: PaintContext, does: string): string {
  return `${theme.style('key', 'esc')} ${does}`;
}

export function joinItems(items: readonly string[]): string {
  return items.filter((item) => item !== '').join('   ');
}
