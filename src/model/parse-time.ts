import { parseDurationMs } from './durations.js';
import { EngineError } from './errors.js';

/**
 * A moment as `--since`, `--until` and filters take it, in ms since 1970: RFC 3339 or a part of it (without a zone: local), Unix
 * seconds with decimals, or an age such as `10m`. Throws invalid-argument with Docker's words.
 */
export function parseTime(text: string, nowMs: number): number {
  if (/^\d+(\.\d+)?$/.test(text)) {
    return Number(text) * 1000;
  }
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const local = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text;
    const ms = Date.parse(/T\d{2}$/.test(local) ? `${local}:00` : local);
    if (!Number.isNaN(ms)) {
      return ms;
    }
  }
  try {
    return nowMs - parseDurationMs(text);
  } catch {
    // The sentence covers all the forms, not only the last that was tried.
    throw new EngineError('invalid-argument', `failed to parse value as time or duration: "${text}"`);
  }
}
