import { appendFileSync } from 'node:fs';
import { messageOf } from '../model/errors.js';

/** Where the engine tells what nobody waits for: an undo step that failed, a stray that was removed. */
export interface Logger {
  /** One line: what was tried, on what; the cause's message is added. */
  warn(message: string, cause?: unknown): void;
}

/** Appends lines to the file at `path`. A line that cannot be written is lost: there is nobody left to tell. */
export function createFileLogger(path: string, nowMs: () => number): Logger {
  return {
    warn: (message, cause) => {
      const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
      try {
        appendFileSync(path, `${new Date(nowMs()).toISOString()} ${message}${reason}\n`, { mode: 0o600 });
      } catch {
        // See above.
      }
    },
  };
}
