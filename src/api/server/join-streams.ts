import type { AttachedStreams } from '../../engine/engine.js';
import { DetachScanner } from '../../model/detach-keys.js';
import type { HijackedConnection } from './hijack.js';
import { toFrame } from './multiplex.js';

export interface JoinOptions {
  /** The process has a terminal: `detachKeys` are looked for in what is typed. */
  readonly tty: boolean;
  /** Output in frames, which tell its two streams apart. */
  readonly isFramed: boolean;
  /** What comes from the client goes to the process; else nobody reads it. */
  readonly stdin: boolean;
  readonly detachKeys: Uint8Array;
}

/**
 * Joins a client's connection and a process' streams until the output ends, the detach keys are typed, or the client has gone. A client
 * that reads slowly slows down nobody but itself: the monitor keeps what it has not taken yet, within bounds.
 */
export async function joinStreams(
  connection: HijackedConnection,
  streams: AttachedStreams,
  options: JoinOptions,
): Promise<void> {
  const input = pumpInput(connection, streams, options);
  // It ends with the connection at the latest; what it fails with is that the process takes no more.
  input.catch(() => undefined);
  for await (const { stream, bytes } of streams.output) {
    await connection.write(options.isFramed ? toFrame(stream, bytes) : bytes);
  }
  connection.end();
}

/** The end of the client's half is the end of the process' input. */
async function pumpInput(
  { input }: HijackedConnection,
  streams: AttachedStreams,
  { tty, stdin, detachKeys }: JoinOptions,
): Promise<void> {
  const scanner = tty ? new DetachScanner(detachKeys) : undefined;
  for await (const bytes of input) {
    if (!stdin) continue;
    const { pass, detach } = scanner?.scan(bytes) ?? { pass: bytes, detach: false };
    if (pass.length > 0) await streams.write(pass);
    if (detach) return await streams.detach();
  }
  if (stdin) await streams.closeStdin();
}
