import type { ProcessIdentity } from '../../model/container.js';

/** A line of a monitor's journal; isolation/native/README.md, "The journal". Times are ms since 1970. */
export type JournalLine = { readonly atMs: number } & (
  | { readonly event: 'start'; readonly init: ProcessIdentity }
  | {
      readonly event: 'exit';
      readonly exitCode: number;
      readonly signal: number;
      readonly oomKilled: boolean;
      /** False: the monitor starts it again. */
      readonly final: boolean;
    }
  | { readonly event: 'restarting'; readonly attempt: number; readonly delayMs: number }
  | {
      readonly event: 'failed';
      readonly operation: string;
      readonly target: string;
      readonly errno: string;
      readonly message: string;
      readonly final: boolean;
    }
  | { readonly event: 'oom' }
  | {
      readonly event: 'health';
      readonly status: 'starting' | 'healthy' | 'unhealthy';
      readonly exitCode: number;
      readonly output: string;
      readonly failingStreak: number;
      readonly startedAtMs: number;
    }
);

/** Undefined for what is no line of this protocol; such a line is passed over. */
export function parseJournalLine(text: string): JournalLine | undefined {
  // After the last line end; to have the parser say so takes 0.1 ms.
  if (text === '') return undefined;
  const object = parseObject(text);
  if (object === undefined) return undefined;
  const fields = readFields(object);
  const atMs = fields.timeMs('atNs');
  switch (object['event']) {
    case 'start':
      return { event: 'start', atMs, init: { pid: fields.number('pid'), startTicks: fields.number('startTicks') } };
    case 'exit':
      return {
        event: 'exit',
        atMs,
        exitCode: fields.number('exitCode'),
        signal: fields.number('signal'),
        oomKilled: fields.truth('oomKilled'),
        final: fields.truth('final'),
      };
    case 'restarting':
      return { event: 'restarting', atMs, attempt: fields.number('attempt'), delayMs: fields.number('delayMs') };
    case 'failed':
      return {
        event: 'failed',
        atMs,
        operation: fields.text('operation'),
        target: fields.text('target'),
        errno: fields.text('errno'),
        message: fields.text('message'),
        final: fields.truth('final'),
      };
    case 'oom':
      return { event: 'oom', atMs };
    case 'health':
      return {
        event: 'health',
        atMs,
        status: toHealthStatus(object['status']),
        exitCode: fields.number('exitCode'),
        output: fields.text('output'),
        failingStreak: fields.number('failingStreak'),
        startedAtMs: fields.timeMs('startedAtNs'),
      };
    default:
      return undefined;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

/** Reads fields with a default where one is missing, so that an older monitor's line still counts. */
function readFields(object: Readonly<Record<string, unknown>>) {
  const text = (name: string): string => {
    const value = object[name];
    return typeof value === 'string' ? value : '';
  };
  const number = (name: string): number => {
    const value = object[name];
    return typeof value === 'number' ? value : 0;
  };
  return {
    text,
    number,
    truth: (name: string): boolean => object[name] === true,
    /** The last six digits of the nanoseconds go: 2^53 ns is shorter than the time since 1970. */
    timeMs: (name: string): number => Number(text(name).slice(0, -6)),
  };
}

function toHealthStatus(value: unknown): 'starting' | 'healthy' | 'unhealthy' {
  return value === 'healthy' || value === 'unhealthy' ? value : 'starting';
}
