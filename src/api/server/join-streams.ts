import type { AttachedStreams, HandOver } from '../../engine/engine.js';
import { DetachScanner } from '../../model/detach-keys.js';
import type { GivableSocket, HijackedConnection } from './hijack.js';
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
 * that reads slowly slows down nobody but itself: the monitor keeps what it has not taken yet, within bounds. A plain socket is handed
 * over as soon as there is a process: what it says and hears then costs no turn of this process.
 */
export async function joinStreams(
  connection: HijackedConnection,
  streams: AttachedStreams,
  options: JoinOptions,
): Promise<void> {
  const scanner = options.tty ? new DetachScanner(options.detachKeys) : undefined;
  const input = pumpInput(connection, streams, { ...options, scanner });
  // It ends with the connection at the latest; what it fails with is that the process takes no more.
  input.catch(() => undefined);
  const ended = Promise.withResolvers<void>();
  const offered = offerSocket(connection.givable, streams, { ...options, ended: ended.promise });
  for await (const { stream, bytes } of streams.output) {
    await connection.write(options.isFramed ? toFrame(stream, bytes) : bytes);
  }
  ended.resolve();
  const taken = await offered;
  if (taken === undefined || !(await giveSocket(taken, streams, { ...options, scanner }))) connection.end();
}

interface Taken {
  readonly socket: GivableSocket;
  readonly handOver: HandOver;
}

async function offerSocket(
  socket: GivableSocket | undefined,
  streams: AttachedStreams,
  { isFramed, tty, stdin, detachKeys, ended }: JoinOptions & { readonly ended: Promise<void> },
): Promise<Taken | undefined> {
  if (socket === undefined || streams.handOver === undefined) return undefined;
  const handOver = await streams.handOver({
    descriptor: socket.descriptor,
    isFramed,
    detachKeys: tty && stdin ? detachKeys : undefined,
    // Where the output has ended there is nothing to hand over, and nothing to wait for.
    prepare: () => Promise.race([ended, socket.flush().then(socket.hold)]),
  });
  if (handOver !== undefined) return { socket, handOver };
  socket.resume();
  return undefined;
}

type Scanning = JoinOptions & { readonly scanner: DetachScanner | undefined };

/** All that was written is with the client when the other process begins to write. False where the detach keys were typed just then. */
async function giveSocket(
  { socket, handOver }: Taken,
  streams: AttachedStreams,
  { stdin, scanner }: Scanning,
): Promise<boolean> {
  await socket.flush();
  const rest = socket.takeRest();
  // Whoever has gone is seen to go by whoever made the streams.
  if (rest === undefined) return true;
  const typed = stdin ? rest : new Uint8Array();
  const { pass, detach } = scanner?.scan(typed) ?? { pass: typed, detach: false };
  if (detach) {
    await streams.write(pass);
    await streams.detach();
    return false;
  }
  // In one turn: what comes now is read by the other process.
  const left = handOver.begin({ bytes: pass, matchedKeys: scanner?.matched ?? 0 });
  socket.leave();
  await left;
  return true;
}

/** The end of the client's half is the end of the process' input. */
async function pumpInput(
  { input }: HijackedConnection,
  streams: AttachedStreams,
  { stdin, scanner }: Scanning,
): Promise<void> {
  for await (const bytes of input) {
    if (!stdin) continue;
    const { pass, detach } = scanner?.scan(bytes) ?? { pass: bytes, detach: false };
    if (pass.length > 0) await streams.write(pass);
    if (detach) return await streams.detach();
  }
  if (stdin) await streams.closeStdin();
}
