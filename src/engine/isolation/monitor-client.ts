import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RestartPolicy } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import {
  type AttachFrame,
  CLOSE_STDIN_FRAME,
  createFrameDecoder,
  encodeFrame,
  FINAL_EXIT_FRAME,
  HAND_OVER_FRAME,
  HELLO_FRAME,
  NETWORK_FRAME,
  REPLY_FRAME,
  RESIZE_FRAME,
  RESTART_POLICY_FRAME,
  SIGNAL_FRAME,
  STDERR_FRAME,
  STDIN_FRAME,
} from './attach-frames.js';
import { encodeGoOn, encodeOffer, type HandOverOffer, type Leaving, type UnusedInput } from './hand-over.js';
import { createOutputQueue, type OutputChunk, type OutputQueue } from './output-queue.js';

/** What a client attaches to; with nothing it can still command. */
export interface AttachChoice {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
}

/** How the process ended, as the journal has it. */
export interface MonitorExit {
  /** 0..255; 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  /** 0: it ended by itself. */
  readonly signal: number;
  readonly oomKilled: boolean;
}

/** One connection to a monitor. */
export interface MonitorClient {
  /** Ends with the process' output, or when the connection does. One reader. */
  readonly output: AsyncIterable<OutputChunk>;
  /** Resolves when the monitor has room for more. Rejects: conflict (the connection has ended). */
  write(bytes: Uint8Array): Promise<void>;
  closeStdin(): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** To the first process. Rejects: conflict (it has ended). */
  signal(number: number): Promise<void>;
  /** The next exit is final, whatever the restart policy; ends a wait for a restart too. */
  makeExitFinal(): Promise<void>;
  setRestartPolicy(policy: RestartPolicy): Promise<void>;
  /** What is in the file of its plan's setting `network` is done. Rejects: conflict, internal (with what the kernel refused). */
  changeNetworks(): Promise<void>;
  /** Resolves at the last exit; with nothing when the connection ended before. */
  readonly exit: Promise<MonitorExit | undefined>;
  /**
   * Has the monitor take a connection in this one's place: output ends here, behind what had come before. Resolves with nothing where it
   * will not, and then all is as before. `prepare` is called when no output waits; what it has not resolved yet is awaited.
   */
  handOver(offer: HandOverOffer, prepare: () => Promise<void>): Promise<TakenConnection | undefined>;
  /** Ends the connection, and one that was handed over; the container goes on. */
  close(): void;
}

/** A connection that the monitor has, and does not use yet. */
export interface TakenConnection {
  /** To be called when all output has been written there, by whoever reads and writes there no more. Resolves when it is left. */
  begin(unused: UnusedInput): Promise<Leaving>;
}

type Reply =
  | { readonly ok: true }
  | { readonly error: string; readonly message: string }
  | { readonly exit: MonitorExit }
  | { readonly left: Leaving };

/** Connects to the attach socket of a monitor. Rejects: unavailable (nobody listens: it has ended). */
export async function connectMonitor(path: string, choice: AttachChoice): Promise<MonitorClient> {
  const socket = createConnection(path);
  const connected = Promise.withResolvers<void>();
  socket.once('connect', connected.resolve);
  socket.once('error', connected.reject);
  try {
    await connected.promise;
  } catch (cause) {
    throw new EngineError('unavailable', `cannot reach the container's monitor at ${path}`, { cause });
  }
  return openMonitorClient(socket, choice);
}

/** A client on a connection that is there, such as the one a monitor is started with. */
export function openMonitorClient(stream: Duplex, choice: AttachChoice): MonitorClient {
  const output = createOutputQueue(stream);
  const decode = createFrameDecoder();
  const waiting: PromiseWithResolvers<void>[] = [];
  const exit = Promise.withResolvers<MonitorExit | undefined>();
  const left = Promise.withResolvers<Leaving>();
  const end = (): void => {
    output.end();
    exit.resolve(undefined);
    left.resolve(undefined);
    for (const { reject } of waiting.splice(0)) {
      reject(endedError());
    }
  };
  const take = (frame: AttachFrame): void => {
    if (frame.type !== REPLY_FRAME) {
      output.push({ stream: frame.type === STDERR_FRAME ? 'stderr' : 'stdout', bytes: frame.payload });
      return;
    }
    const reply = parseReply(frame.payload);
    if (reply && 'exit' in reply) {
      exit.resolve(reply.exit);
      left.resolve(undefined);
    } else if (reply && 'left' in reply) {
      left.resolve(reply.left);
    } else {
      settle(waiting.shift(), reply);
      output.holdOpen(waiting.length > 0);
    }
  };
  stream.on('data', (piece: Buffer) => {
    try {
      decode(piece).forEach(take);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  // A broken connection is an end like any other: `exit` and the commands that wait say so.
  stream.on('error', end);
  stream.on('end', end);
  stream.on('close', end);
  const send = (type: number, payload?: Uint8Array | string): Promise<void> =>
    writeFrame(stream, encodeFrame(type, payload));
  const ask = (type: number, payload?: Uint8Array | string): Promise<void> => {
    const reply = Promise.withResolvers<void>();
    waiting.push(reply);
    // What cannot be sent is not answered either.
    send(type, payload).catch(end);
    return reply.promise;
  };
  const command = (type: number, payload?: Uint8Array | string): Promise<void> => {
    // The answer may stand behind output that nobody reads.
    output.holdOpen(true);
    return ask(type, payload);
  };
  stream.write(encodeFrame(HELLO_FRAME, Uint8Array.of(toBits(choice))));
  return {
    output: output.chunks,
    write: (bytes) => send(STDIN_FRAME, bytes),
    closeStdin: () => send(CLOSE_STDIN_FRAME),
    resize: (columns, rows) => send(RESIZE_FRAME, encodeSize(columns, rows)),
    signal: (number) => command(SIGNAL_FRAME, Uint8Array.of(number)),
    makeExitFinal: () => command(FINAL_EXIT_FRAME),
    setRestartPolicy: (policy) => command(RESTART_POLICY_FRAME, formatPolicy(policy)),
    changeNetworks: () => command(NETWORK_FRAME),
    exit: exit.promise,
    handOver: (offer, prepare) => handOver({ ask, output, stream, left: left.promise }, offer, prepare),
    close: () => {
      stream.destroy();
      end();
    },
  };
}

interface HandingOver {
  readonly ask: (type: number, payload: Uint8Array) => Promise<void>;
  readonly output: OutputQueue;
  readonly stream: Duplex;
  readonly left: Promise<Leaving>;
}

/** Output is read on meanwhile: the answer comes when the monitor has taken what input there is before it, which may be never. */
async function handOver(
  { ask, output, stream, left }: HandingOver,
  offer: HandOverOffer,
  prepare: () => Promise<void>,
): Promise<TakenConnection | undefined> {
  const payload = encodeOffer(offer);
  if (payload === undefined) return undefined;
  await output.idle();
  await prepare();
  try {
    await ask(HAND_OVER_FRAME, payload);
  } catch {
    // Refused, or everything has ended.
    return undefined;
  }
  output.end();
  return {
    begin: (unused) => {
      stream.write(encodeGoOn(unused));
      return left;
    },
  };
}

function toBits({ stdin, stdout, stderr }: AttachChoice): number {
  return (stdout ? 1 : 0) | (stderr ? 2 : 0) | (stdin ? 4 : 0);
}

function writeFrame(stream: Duplex, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed || stream.writableEnded) {
      reject(endedError());
      return;
    }
    stream.write(frame, (error) => (error ? reject(endedError(error)) : resolve()));
  });
}

function settle(waiting: PromiseWithResolvers<void> | undefined, reply: Reply | undefined): void {
  if (reply && 'ok' in reply) {
    waiting?.resolve();
  } else {
    const { error, message } = reply && 'error' in reply ? reply : { error: 'malformed answer', message: '' };
    // Only a change of the network comes with words; those of a start that failed are told in the same way.
    const words =
      message === ''
        ? `the container's monitor says ${error}`
        : `failed to set up container networking: ${message}: ${error}`;
    waiting?.reject(new EngineError(error === 'ESRCH' ? 'conflict' : 'internal', words));
  }
}

function endedError(cause?: Error): EngineError {
  return new EngineError('conflict', "the container's monitor has ended", { cause });
}

/** Written by our own program; what is malformed is no reply. */
function parseReply(payload: Buffer): Reply | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    if ('ok' in value) {
      return { ok: true };
    }
    if ('exit' in value) {
      return { exit: readExit(value.exit) };
    }
    if ('left' in value) {
      return { left: value.left === 'detached' ? 'detached' : 'gone' };
    }
    if (!('error' in value)) {
      return undefined;
    }
    // Most refusals have no words, those of an older monitor none at all.
    const message = 'message' in value ? String(value.message) : '';
    return { error: String(value.error), message };
  } catch {
    return undefined;
  }
}

function readExit(value: unknown): MonitorExit {
  const fields: Partial<Record<keyof MonitorExit, unknown>> = typeof value === 'object' && value !== null ? value : {};
  return {
    exitCode: Number(fields.exitCode ?? 0),
    signal: Number(fields.signal ?? 0),
    oomKilled: fields.oomKilled === true,
  };
}

function formatPolicy(policy: RestartPolicy): string {
  return policy.name === 'on-failure' && policy.maxRetries ? `${policy.name} ${policy.maxRetries}` : policy.name;
}

function encodeSize(columns: number, rows: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt16BE(columns, 0);
  payload.writeUInt16BE(rows, 2);
  return payload;
}
