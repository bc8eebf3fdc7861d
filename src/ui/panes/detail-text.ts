import type { Loaded } from '../../store/details-store.js';
import type { PaintContext } from '../paint-context.js';
import { sanitizeText, textWidth } from '../terminal/ansi-text.js';

/** The lines of something that is read when it is looked at, or why there are none. */
export function whenReady<T>(
  { theme }: PaintContext,
  loaded: Loaded<T> | undefined,
  lines: (value: T) => readonly string[],
): readonly string[] {
  switch (loaded?.status) {
    case 'ready':
      return lines(loaded.value);
    case 'failed':
      return [theme.style('warning', sanitizeText(loaded.message))];
    default:
      return [theme.style('muted', 'reading …')];
  }
}

/** All tabs where they fit, else the one in front. */
export function detailTitle(name: string, tabs: readonly string[], current: number, width: number): string {
  const all = `${name}  ${tabs.join(' ')}`;
  return textWidth(all) <= width - 6 ? all : `${name} ${tabs[current]}`;
}

export function colourJson({ theme }: PaintContext, line: string): string {
  const match = /^(\s*)("[^"]*")(: ?)(.*)$/.exec(sanitizeText(line));
  if (match === null) return sanitizeText(line);
  return `${match[1]}${theme.style('memory', match[2] ?? '')}${match[3]}${match[4]}`;
}
