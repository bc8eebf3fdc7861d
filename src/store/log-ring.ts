import { stripVTControlCharacters } from 'node:util';
import type { LogEntry } from '../engine/engine.js';

/** A line of the log, or a mark that the user has set between lines. */
export type LogLine = Omit<LogEntry, 'stream'> & {
  readonly stream: LogEntry['stream'] | 'mark';
  /** Of which log it is, where several are read as one. */
  readonly from?: number;
};

/** What filters and searches look at: the text without styles and line feed. */
export function plainTextOf({ text }: LogLine): string {
  const line = text.endsWith('\n') ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text;
  return line.includes('\x1b') ? stripVTControlCharacters(line) : line;
}

/** The last lines of a log, numbered from its first one, so that a line keeps its number when older ones are dropped. */
export interface LogRing {
  /** Number of the oldest line that is kept; as many were dropped. */
  readonly first: number;
  /** Number of the line that comes next. */
  readonly end: number;
  line(number: number): LogLine | undefined;
  add(entry: LogLine): void;
  clear(): void;
}

export function createLogRing(capacity: number): LogRing {
  let lines: (LogLine | undefined)[] = [];
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
  };
}
