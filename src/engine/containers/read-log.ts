import { dirname } from 'node:path';
import { type Bell, createBell } from '../../platform/bell.js';
import { watchPath } from '../../platform/file-watch.js';
import type { LogEntry, LogOptions } from '../engine.js';
import {
  closeLogFiles,
  createLineReader,
  findTail,
  isRotated,
  type LineReader,
  type LogFile,
  openLogFiles,
  openNewerLogFiles,
} from './log-files.js';

export interface LogSource {
  /** The live file; its folder exists. */
  readonly path: string;
  /** False once nothing more will be written. */
  isWritten(): boolean;
  /** Calls back when that may have changed; ends by calling the result. */
  onChange(listener: () => void): () => void;
}

/**
 * Docker's `json-file` log as entries. Memory is one block of 64 KiB however long the log is and however slowly it is read.
 * With `follow` it goes on, over rotations, until nothing more is written.
 */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<LogEntry> {
  // Each step of an asynchronous iteration costs more than a line does: only this one is taken for every line.
  for await (const entries of readBlocks(source, options)) {
    for (const entry of entries) {
      if (options.signal?.aborted === true) return;
      yield entry;
    }
  }
}

type Block = readonly LogEntry[];

async function* readBlocks(source: LogSource, options: LogOptions): AsyncGenerator<Block> {
  const { signal, follow = false } = options;
  const bell = createBell(signal);
  const watch = follow ? watchPath(dirname(source.path), bell.ring) : undefined;
  const stopListening = follow ? source.onChange(bell.ring) : undefined;
  let files = openLogFiles(source.path);
  try {
    const tail = options.tailLines === undefined ? { index: 0, offset: 0 } : findTail(files, options.tailLines);
    closeLogFiles(files.slice(0, tail.index));
    files = files.slice(tail.index);
    let offset = tail.offset;
    for (;;) {
      const [file] = files;
      if (file === undefined) {
        // Nothing has been written yet.
        if (!follow || !source.isWritten() || !(await bell.wait())) return;
        files = openLogFiles(source.path);
        continue;
      }
      const isLast = files.length === 1;
      const isDone = yield* readFile({ source, file, offset, isLast }, options, bell);
      if (isDone) return;
      offset = 0;
      const newer = isLast ? openNewerLogFiles(source.path, file) : files.slice(1);
      closeLogFiles([file]);
      files = newer;
    }
  } finally {
    watch?.close();
    stopListening?.();
    bell.close();
    closeLogFiles(files);
  }
}

interface Position {
  readonly source: LogSource;
  readonly file: LogFile;
  readonly offset: number;
  readonly isLast: boolean;
}

/** True when the log is at its end, false when a newer file goes on. */
async function* readFile(position: Position, options: LogOptions, bell: Bell): AsyncGenerator<Block, boolean> {
  const { source, file, isLast } = position;
  const reader = createLineReader(file, position.offset);
  const readTime = createTimeReader();
  for (;;) {
    // Both are asked before the end is found: what was written before they became true is read then.
    const isComplete = isLast && isRotated(source.path, file);
    const isWritten = source.isWritten();
    const isPastUntil = yield* readWritten(reader, options, readTime);
    if (isPastUntil) return true;
    if (!isLast || isComplete) return false;
    if (options.follow !== true || !isWritten) return true;
    if (!(await bell.wait())) return true;
  }
}

/** What is written so far; true when it met an entry after `until`, or the signal: no more is wanted. */
function* readWritten(reader: LineReader, options: LogOptions, readTime: ReadTime): Generator<Block, boolean> {
  for (let lines = reader.read(); lines !== undefined; lines = reader.read()) {
    const { entries, isPastUntil } = parseLines(lines, options, readTime);
    yield entries;
    if (isPastUntil || options.signal?.aborted === true) return true;
  }
  return false;
}

/** `isPastUntil`: it met an entry after `until`, and no more is wanted. */
function parseLines(
  lines: readonly string[],
  options: LogOptions,
  readTime: ReadTime,
): { readonly entries: Block; readonly isPastUntil: boolean } {
  const entries: LogEntry[] = [];
  for (const line of lines) {
    const entry = parseEntry(line, readTime);
    if (entry === undefined) continue;
    if (isPast(entry, options)) return { entries, isPastUntil: true };
    if (isWanted(entry, options)) entries.push(entry);
  }
  return { entries, isPastUntil: false };
}

function isWanted({ atMs, stream }: LogEntry, { sinceMs, streams }: LogOptions): boolean {
  return (sinceMs === undefined || atMs >= sinceMs) && (streams === undefined || streams.includes(stream));
}

function isPast({ atMs }: LogEntry, { untilMs }: LogOptions): boolean {
  return untilMs !== undefined && atMs > untilMs;
}

/** Undefined for what is no record of a json-file log: a line that a full disk has cut. */
function parseEntry(line: string, readTime: ReadTime): LogEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('log' in value) || !('time' in value)) return undefined;
  const { log, time } = value;
  if (typeof log !== 'string' || typeof time !== 'string') return undefined;
  const stream = 'stream' in value && value.stream === 'stderr' ? 'stderr' : 'stdout';
  return { time, atMs: readTime(time), stream, text: log };
}

type ReadTime = (time: string) => number;

/** Length of the time of a second: `2026-01-02T03:04:05`. */
const SECOND = 19;

/**
 * Keeps the nanoseconds as a fraction, as far as a number holds them: `since` and `until` are finer than a ms. Lines come in their order, so
 * that the second is mostly that of the line before.
 */
function createTimeReader(): ReadTime {
  let second = '';
  let secondMs = 0;
  return (time) => {
    if (!time.startsWith(second) || second === '') {
      second = time.slice(0, SECOND);
      secondMs = Date.parse(`${second}Z`);
    }
    const fraction = time.slice(SECOND + 1, -1);
    // Not by 10^-6 at once: that would be another number than the one which a client sends for the same time.
    return secondMs + Number(fraction.slice(0, 3).padEnd(3, '0')) + Number(`0.${fraction.slice(3)}`);
  };
}
