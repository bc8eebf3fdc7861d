import type { ProcessRow } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';

/** The answer of `GET /containers/{id}/top`: Docker Engine API 1.51, ContainerTopResponse. */
export interface WireTop {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** Processes as ps(1) would list them with these arguments. Throws invalid-argument for a column that there is not. */
export function toWireTop(rows: readonly ProcessRow[], options: readonly string[], nowMs: number): WireTop {
  const columns = readColumns(options);
  return {
    Titles: columns.map(([title]) => title),
    Processes: rows.map((row) => columns.map(([, cell]) => cell(row, nowMs))),
  };
}

type Column = readonly [title: string, cell: (row: ProcessRow, nowMs: number) => string];

const COLUMNS: Readonly<Record<string, Column>> = {
  user: ['UID', (row) => row.user],
  pid: ['PID', (row) => String(row.pid)],
  ppid: ['PPID', (row) => String(row.ppid)],
  c: ['C', (row, nowMs) => String(cpuPercent(row, nowMs))],
  stime: ['STIME', (row, nowMs) => formatStart(row.startedAtMs, nowMs)],
  tty: ['TTY', (row) => row.terminal],
  time: ['TIME', (row) => formatCpuTime(row.cpuSeconds)],
  cmd: ['CMD', (row) => row.command],
  rss: ['RSS', (row) => String(Math.round(row.rssBytes / 1024))],
  comm: ['COMMAND', (row) => row.command.split(/\s/)[0]?.split('/').at(-1) ?? ''],
};

const ALIASES: Readonly<Record<string, string>> = {
  uid: 'user',
  args: 'cmd',
  command: 'cmd',
  '%cpu': 'c',
  cputime: 'time',
  tname: 'tty',
};
const DEFAULT = ['user', 'pid', 'ppid', 'c', 'stime', 'tty', 'time', 'cmd'];

/** `-ef` and its like give the default; `-o pid,comm` names columns. */
function readColumns(options: readonly string[]): readonly Column[] {
  const index = options.findIndex((option) => option.startsWith('-o') || option === 'o');
  const given = index < 0 ? undefined : options[index]?.replace(/^-?o/, '') || options[index + 1];
  const names = given === undefined ? DEFAULT : given.split(',');
  return names.map((name) => {
    const word = name.trim().toLowerCase();
    const column = COLUMNS[ALIASES[word] ?? word];
    if (column === undefined) {
      throw new EngineError('invalid-argument', `unknown column "${name}": use ${Object.keys(COLUMNS).join(', ')}`);
    }
    return column;
  });
}

function cpuPercent({ cpuSeconds, startedAtMs }: ProcessRow, nowMs: number): number {
  const elapsed = (nowMs - startedAtMs) / 1000;
  return elapsed <= 0 ? 0 : Math.min(99, Math.floor((cpuSeconds / elapsed) * 100));
}

/** The hour where it is of the last day, else the date, as ps shows it. */
function formatStart(startedAtMs: number, nowMs: number): string {
  const start = new Date(startedAtMs);
  if (nowMs - startedAtMs < 24 * 3_600_000) {
    return start.toTimeString().slice(0, 5);
  }
  return `${start.toLocaleString('en-US', { month: 'short' })}${String(start.getDate()).padStart(2, '0')}`;
}

function formatCpuTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
