import { type LogRing, plainTextOf } from './log-ring.js';
import type { LogSelection } from './log-selection.js';
import { createRowFilter } from './row-filter.js';

/**
 * The place among the shown lines of the next one that matches, after `from` in a direction; undefined where there is none. Styles are
 * not looked at.
 */
export function searchLog(
  { ring, selection }: { readonly ring: LogRing; readonly selection: LogSelection },
  search: string,
  from: number,
  direction: 1 | -1,
): number | undefined {
  const matches = createRowFilter(search);
  for (let place = from + direction; place >= 0 && place < selection.count; place += direction) {
    const line = ring.line(selection.number(place));
    if (line !== undefined && matches(plainTextOf(line))) return place;
  }
  return undefined;
}
