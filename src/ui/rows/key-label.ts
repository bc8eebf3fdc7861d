import type { Glyphs } from '../terminal/glyphs.js';

/** A key's name as it is shown. */
export function keyLabel(key: string, glyphs: Glyphs): string {
  if (key === 'enter') return glyphs.enter;
  return key.replace('pagedown', 'PgDn').replace('pageup', 'PgUp');
}
