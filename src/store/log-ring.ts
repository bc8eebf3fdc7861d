import type { LogEntry } from '../engine/engine.js';

/** The last lines of a log, numbered from its first one, so that a line keeps its number when older ones are dropped. */
export interface LogRing {
  /** Number of the oldest line that is kept; as many were dropped. */
  readonly first: number;
  /** Number of the line that comes next. */
  readonly end: number;
  line(number: number): LogEntry | undefined;
  add(entry: LogEntry): void;
  clear(): void;
  /** The next line after (or before) `from` that `matches`; undefined where there is none. */
  find(matches: (text: string) => boolean, from: number, direction: 1 | -1): number | undefined;
}

export function createLogRing(capacity: number): LogRing {
  let lines: (LogEntry | undefined)[] = [];
  let first = 0;
  let end = 0;
  const line = (number: number) => (number < first || number >= end ? undefined : lines[number % capacity]);
  return {
    get first() {
      return first;
    },
    get end() {
      return end;
    },
    line,
    add: (entry) => {
      lines[end % capacity] = entry;
      end++;
      if (end - first > capacity) first = end - capacity;
    },
    clear: () => {
      lines = [];
      first = end;
    },
    find: (matches, from, direction) => {
      for (let number = from + direction; number >= first && number < end; number += direction) {
        if (matches(line(number)?.text ?? '')) return number;
      }
      return undefined;
    },
  };
}
