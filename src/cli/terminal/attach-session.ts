import type { AttachedStreams } from '../../engine/engine.js';
import { DetachScanner, parseDetachKeys } from '../../model/detach-keys.js';
import type { Cli, CliInput } from '../command-spec.js';
import { writeOutput } from '../write-output.js';

export interface SessionOptions {
  readonly streams: AttachedStreams;
  /** Pass on what comes in. */
  readonly stdin: boolean;
  /** The process has a terminal: ours becomes raw, and its size follows. */
  readonly tty: boolean;
  readonly detachKeys?: string | undefined;
  /** Called with each signal this process gets; absent: signals are not passed on. */
  readonly onSignal?: ((signal: NodeJS.Signals) => void) | undefined;
}

/**
 * Joins this process's terminal and a container's streams until the output ends, the detach keys are typed, or the
 * user interrupts where signals are not passed on.
 */
export async function runSession(cli: Cli, options: SessionOptions): Promise<'ended' | 'detached'> {
  const { streams } = options;
  const undo: (() => void)[] = [];
  let detached = false;
  const detach = () => {
    detached = true;
    void streams.detach();
  };
  try {
    if (options.onSignal === undefined) {
      cli.interrupted.addEventListener('abort', detach, { once: true });
      undo.push(() => cli.interrupted.removeEventListener('abort', detach));
    } else {
      undo.push(cli.onSignal(options.onSignal));
    }
    if (options.tty) {
      undo.push(followSize(cli, streams));
    }
    if (options.stdin) {
      undo.push(options.tty ? setRaw(cli.stdin) : () => undefined);
      undo.push(pumpInput(cli.stdin, options, detach));
    }
    for await (const { stream, bytes } of streams.output) {
      await writeOutput(stream === 'stderr' ? cli.stderr : cli.stdout, bytes);
    }
  } finally {
    for (const step of undo.reverse()) {
      step();
    }
  }
  return detached ? 'detached' : 'ended';
}

/** The size of our terminal, for the start of a container with one. */
export function terminalSize(cli: Cli): { readonly columns: number; readonly rows: number } | undefined {
  const { columns, rows, isTTY } = cli.stdout;
  return isTTY === true && columns !== undefined && rows !== undefined ? { columns, rows } : undefined;
}

function followSize(cli: Cli, streams: AttachedStreams): () => void {
  const resize = () => {
    const size = terminalSize(cli);
    if (size !== undefined) {
      // The process may just have ended; its size matters to nobody then.
      streams.resize(size.columns, size.rows).catch(() => undefined);
    }
  };
  resize();
  cli.stdout.on('resize', resize);
  return () => cli.stdout.off('resize', resize);
}

function setRaw(stdin: CliInput): () => void {
  if (stdin.isTTY !== true) {
    return () => undefined;
  }
  stdin.setRawMode?.(true);
  return () => stdin.setRawMode?.(false);
}

/** Passes input on, at the pace the process takes it; its end closes the process's input. */
function pumpInput(stdin: CliInput, options: SessionOptions, detach: () => void): () => void {
  const { streams, tty } = options;
  const scanner = tty ? new DetachScanner(parseDetachKeys(options.detachKeys)) : undefined;
  const pass = async (bytes: Uint8Array) => {
    stdin.pause();
    try {
      await streams.write(bytes);
    } finally {
      stdin.resume();
    }
  };
  const onData = (chunk: Uint8Array | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const scanned = scanner?.scan(bytes) ?? { pass: bytes, detach: false };
    if (scanned.pass.length > 0) {
      // A process that has ended takes no more; the end of its output ends the session.
      pass(scanned.pass).catch(() => undefined);
    }
    if (scanned.detach) {
      detach();
    }
  };
  const onEnd = () => {
    streams.closeStdin().catch(() => undefined);
  };
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  stdin.resume();
  return () => {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    stdin.pause();
  };
}
