import { EngineError } from './errors.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds in a duration as Go writes it: `1h30m`, `1.5s`, `-10ms`, `0`. Throws invalid-argument with Go's words. */
export function parseDurationMs(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[-+]/, '');
  if (rest === '0') {
    return 0;
  }
  if (rest === '') {
    throw invalid(`invalid duration "${text}"`);
  }
  let total = 0;
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (match === null) {
      throw invalid(`invalid duration "${text}"`);
    }
    total += Number(match[1]) * unitMs(match[2] ?? '', text);
    rest = rest.slice(match[0].length);
  }
  return sign * total;
}

function unitMs(unit: string, text: string): number {
  if (unit === '') {
    throw invalid(`missing unit in duration "${text}"`);
  }
  const ms = UNIT_MS[unit];
  if (ms === undefined) {
    throw invalid(`unknown unit "${unit}" in duration "${text}"`);
  }
  return ms;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', `time: ${message}`);
}

/** A duration as Go prints it: `1m30s`, `100ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) {
    return '0s';
  }
  const absolute = Math.abs(ms);
  const sign = ms < 0 ? '-' : '';
  if (absolute < 1) {
    return absolute < 1e-3 ? `${sign}${round(absolute * 1e6)}ns` : `${sign}${round(absolute * 1e3)}µs`;
  }
  if (absolute < 1000) {
    return `${sign}${round(absolute)}ms`;
  }
  const hours = Math.floor(absolute / 3_600_000);
  const minutes = Math.floor((absolute % 3_600_000) / 60_000);
  const seconds = `${round((absolute % 60_000) / 1000)}s`;
  if (hours > 0) {
    return `${sign}${hours}h${minutes}m${seconds}`;
  }
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function round(value: number): number {
  return Number(value.toFixed(9));
}

/** A span in rough words as Docker says it: `3 minutes`, `About an hour`, `2 weeks`. */
export function formatRoughDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) {
    return formatSeconds(seconds);
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return minutes === 1 ? 'About a minute' : `${minutes} minutes`;
  }
  const hours = Math.floor(ms / 3_600_000 + 0.5);
  return hours === 1 ? 'About an hour' : formatHours(hours);
}

function formatSeconds(seconds: number): string {
  if (seconds < 1) {
    return 'Less than a second';
  }
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}

function formatHours(hours: number): string {
  if (hours < 48) {
    return `${hours} hours`;
  }
  const days = Math.floor(hours / 24);
  if (days < 14) {
    return `${days} days`;
  }
  if (days < 60) {
    return `${Math.floor(days / 7)} weeks`;
  }
  return days < 730 ? `${Math.floor(days / 30)} months` : `${Math.floor(days / 365)} years`;
}
