import { appendFileSync } from 'node:fs';
import type { Flags } from '../../model/flags.js';
import { formatLogLine, type LogLine } from '../format/log-line.js';

/** A line in the file of `--log`, in the form of `--log-format`, which podman and containerd read. */
export function appendToLog(flags: Flags, line: LogLine): void {
  const path = flags.text('log');
  if (!path) return;
  try {
    appendFileSync(path, formatLogLine(flags.text('log-format'), line), { mode: 0o644 });
  } catch {
    // What cannot be logged is still said on stderr.
  }
}
