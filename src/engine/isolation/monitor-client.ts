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
  HELLO_FRAME,
  NETWORK_FRAME,
  REPLY_FRAME,
  RESIZE_FRAME,
  RESTART_POLICY_FRAME,
  SIGNAL_FRAME,
  STDERR_FRAME,
  STDIN_FRAME,
} from './attach-frames.js';
import { createOutputQueue, type OutputChunk } from './output-queue.js';

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
  /** Ends the connection; the container goes on. */
  close(): void;
}

type Reply =
  | { readonly ok: true }
  | { readonly error: string; readonly message: string }
  | { readonly exit: MonitorExit };

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
  const end = (): void => {
    output.end();
    exit.resolve(undefined);
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
  const command = async (type: number, payload?: Uint8Array | string): Promise<void> => {
    const reply = Promise.withResolvers<void>();
    waiting.push(reply);
    // The answer may stand behind output that nobody reads.
    output.holdOpen(true);
    // What cannot be sent is not answered either.
    send(type, payload).catch(end);
    await reply.promise;
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
    close: () => {
      stream.destroy();
      end();
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
