import { type LogRing, plainTextOf } from './log-ring.js';
import { createRowFilter } from './row-filter.js';

export interface LogFilter {
  /** Only lines that match are shown; empty: all. */
  readonly keep: string;
  /** Lines that match are not shown; empty: none. */
  readonly hide: string;
}

/** The lines of a ring that a filter lets through, by their place among them. What comes in is looked at once. */
export interface LogSelection {
  /** Takes in what the ring has got and lost; before anything else is asked. */
  refresh(): void;
  readonly count: number;
  /** The number in the ring of the line at a place. */
  number(place: number): number;
  /** The place of a line, or of the last one before it that is shown; -1 where there is none. */
  place(number: number): number;
}

export function createLogSelection(ring: LogRing, { keep, hide }: LogFilter): LogSelection {
  return keep === '' && hide === '' ? wholeRing(ring) : filteredRing(ring, { keep, hide });
}

function wholeRing(ring: LogRing): LogSelection {
  return {
    refresh: () => undefined,
    get count() {
      return ring.end - ring.first;
    },
    number: (place) => ring.first + place,
    place: (number) => Math.max(-1, Math.min(number, ring.end - 1) - ring.first),
  };
}

/** Places whose lines the ring has dropped are given up once there are so many. */
const COMPACT_AT = 10_000;

function filteredRing(ring: LogRing, { keep, hide }: LogFilter): LogSelection {
  const isKept = createRowFilter(keep);
  const isHidden = hide === '' ? () => false : createRowFilter(hide);
  let numbers: number[] = [];
  let first = 0;
  let seen = ring.first;
  /** How many of the numbers are not greater. */
  const countUpTo = (number: number): number => {
    let low = first;
    let high = numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[middle] ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    refresh: () => {
      for (seen = Math.max(seen, ring.first); seen < ring.end; seen++) {
        const line = ring.line(seen);
        if (line === undefined) continue;
        const text = plainTextOf(line);
        if (line.stream === 'mark' || (isKept(text) && !isHidden(text))) numbers.push(seen);
      }
      first = countUpTo(ring.first - 1);
      if (first < COMPACT_AT) return;
      numbers = numbers.slice(first);
      first = 0;
    },
    get count() {
      return numbers.length - first;
    },
    number: (place) => numbers[first + place] ?? ring.end,
    place: (number) => countUpTo(number) - first - 1,
  };
}
