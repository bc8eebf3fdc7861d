import { Writable } from 'node:stream';
import type { TerminalOutput } from './terminal-output.js';

const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

/** The stream that Ink draws on: it looks like a tty of its own size and hands each of Ink's frames over as a whole. */
export interface InkOutput extends Writable {
  readonly columns: number;
  readonly rows: number;
  readonly isTTY: true;
  /** True between Ink's frame and the end of the turn, when it is written. */
  hasPendingFrame(): boolean;
  close(): void;
}

interface InkOutputOptions {
  readonly resizeDelayMs: number;
  writeFrame(frame: string): void;
  writeRaw(text: string): void;
}

/**
 * Ink brackets each frame with BSU and ESU. React runs layout effects, in which panes and overlays get their places, after Ink has
 * drawn; so a frame waits for the end of the turn. A change of the terminal's size is told to Ink once, `resizeDelayMs` after the
 * last of a row of them: everything drawn in between still has the old size.
 */
export function createInkOutput(terminal: TerminalOutput, options: InkOutputOptions): InkOutput {
  let frame: string[] | undefined;
  let pending: string | undefined;
  const size = readSize(terminal);
  const flushPending = () => {
    if (pending === undefined) return;
    const text = pending;
    pending = undefined;
    options.writeFrame(text);
  };
  const take = (text: string) => {
    if (text === BEGIN) {
      frame = [];
    } else if (text === END && frame !== undefined) {
      if (pending === undefined) queueMicrotask(flushPending);
      pending = (pending ?? '') + frame.join('');
      frame = undefined;
    } else if (frame !== undefined) {
      frame.push(text);
    } else if (text !== '') {
      flushPending();
      options.writeRaw(text);
    }
  };
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: unknown, _encoding, done) => {
      take(String(chunk));
      done();
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const onResize = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      Object.assign(size, readSize(terminal));
      stream.emit('resize');
    }, options.resizeDelayMs);
  };
  terminal.on('resize', onResize);
  return Object.defineProperties(
    Object.assign(stream, {
      isTTY: true as const,
      hasPendingFrame: () => pending !== undefined || frame !== undefined,
      close: () => {
        clearTimeout(timer);
        terminal.off('resize', onResize);
        flushPending();
      },
      columns: size.columns,
      rows: size.rows,
    }),
    { columns: { get: () => size.columns }, rows: { get: () => size.rows } },
  );
}

function readSize(terminal: TerminalOutput): { columns: number; rows: number } {
  return { columns: Math.max(1, terminal.columns ?? 80), rows: Math.max(1, terminal.rows ?? 24) };
}
