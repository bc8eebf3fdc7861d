import type { Cli } from '../command-spec.js';
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

/** A line for each: logfmt as Docker's daemon writes it, or JSON. */
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
      const time = new Date(nowMs()).toISOString();
      const line =
        format === 'json'
          ? JSON.stringify({ time, level: word, msg: message })
          : `time="${time}" level=${word} msg=${JSON.stringify(message)}`;
      // Whoever has read this has gone, and the service goes on.
      writeOutput(stderr, `${line}\n`).catch(() => undefined);
    },
  };
}
