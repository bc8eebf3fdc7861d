import type { Cli } from '../command-spec.js';
import { formatLogLine } from '../format/log-line.js';
import { writeOutput } from '../write-output.js';

export const LOG_FORMATS = ['text', 'json'] as const;
/** From all to little, as `--log-level` takes them. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is written about the service. */
export interface DaemonLog {
  readonly write: (level: LogLevel, message: string) => void;
  /** What is below this level is not written from now on. */
  readonly setLevel: (level: LogLevel) => void;
}

/** A line for each. */
export function createDaemonLog({ stderr, nowMs }: Cli, format: LogFormat, level: LogLevel): DaemonLog {
  let least = LOG_LEVELS.indexOf(level);
  return {
    setLevel: (next) => {
      least = LOG_LEVELS.indexOf(next);
    },
    write: (at, message) => {
      if (LOG_LEVELS.indexOf(at) < least) return;
      // The word of Docker's library for it, which is not that of its flag.
      const word = at === 'warn' ? 'warning' : at;
      const line = formatLogLine(format, { level: word, message, nowMs: nowMs() });
      // Whoever has read this has gone, and the service goes on.
      writeOutput(stderr, line).catch(() => undefined);
    },
  };
}
