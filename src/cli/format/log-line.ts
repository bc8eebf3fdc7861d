export interface LogLine {
  readonly level: string;
  readonly message: string;
  /** Since 1970. */
  readonly nowMs: number;
}

/** A line of a log as Docker's library writes it, with its line feed: JSON, or else logfmt. */
export function formatLogLine(format: string | undefined, { level, message, nowMs }: LogLine): string {
  const time = new Date(nowMs).toISOString();
  const text =
    format === 'json'
      ? JSON.stringify({ time, level, msg: message })
      : `time="${time}" level=${level} msg=${JSON.stringify(message)}`;
  return `${text}\n`;
}
