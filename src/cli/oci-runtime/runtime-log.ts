import { appendFileSync } from 'node:fs';
import type { Flags } from '../../model/flags.js';

export interface LogEntry {
  readonly level: 'error' | 'warning';
  readonly message: string;
  readonly nowMs: number;
}

/** A line in the file of `--log`, in the form of `--log-format`: logrus', which podman and containerd read. */
export function appendToLog(flags: Flags, { level, message, nowMs }: LogEntry): void {
  const path = flags.text('log');
  if (!path) return;
  const time = new Date(nowMs).toISOString();
  const line =
    flags.text('log-format') === 'json'
      ? JSON.stringify({ level, msg: message, time })
      : `time="${time}" level=${level} msg=${JSON.stringify(message)}`;
  try {
    appendFileSync(path, `${line}\n`, { mode: 0o644 });
  } catch {
    // What cannot be logged is still said on stderr.
  }
}
