import type { Socket } from 'node:net';
import type { AttachedStreams, AttachOptions } from '../../engine/engine.js';
import { EngineError, messageOf } from '../../model/errors.js';
import type { Upgraded } from './api-client.js';
import { type Frame, readFrames, readRaw } from './frames.js';
import { readBytes } from './read-stream.js';

export interface AttachedOptions extends AttachOptions {
  /** Output comes as it is, of one stream; else in frames. */
  readonly tty: boolean;
  resize(columns: number, rows: number): Promise<void>;
}

/** A hijacked connection as the streams of a process; server/join-streams.ts is the other end. */
export function createAttachedStreams(connection: Upgraded, options: AttachedOptions): AttachedStreams {
  const { socket, head } = connection;
  const { signal } = options;
  if (head.length > 0) socket.unshift(head);
  const leave = (): void => void socket.destroy();
  signal?.addEventListener('abort', leave, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', leave));
  let hasLeft = false;
  return {
    output: readOutput(socket, options, () => hasLeft || signal?.aborted === true),
    write: (bytes) => writeWhole(socket, bytes),
    closeStdin: () => endHalf(socket),
    resize: options.resize,
    detach: () => {
      hasLeft = true;
      leave();
      return Promise.resolve();
    },
  };
}

/** What of it was asked for. Whoever has left wants no more, and no failure either. */
async function* readOutput(
  socket: Socket,
  { tty, ...wanted }: AttachedOptions,
  isOver: () => boolean,
): AsyncGenerator<Frame> {
  const bytes = readBytes(socket);
  const isWanted = ({ stream }: Frame): boolean => wanted[stream] === true || (tty && wanted.stdout !== false);
  try {
    for await (const frame of tty ? readRaw(bytes) : readFrames(bytes)) if (isWanted(frame)) yield frame;
  } catch (error) {
    if (!isOver()) throw error;
  }
}

/** Resolves when the bytes are with the system; a process that takes no more loses them. */
function writeWhole(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed || socket.writableEnded) {
      resolve();
      return;
    }
    socket.write(bytes, (cause) => {
      if (cause && !socket.destroyed) {
        reject(new EngineError('unavailable', `cannot write to the process: ${messageOf(cause)}`, { cause }));
      } else resolve();
    });
  });
}

/** The other half stays open: the rest of the output is to come. */
function endHalf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || socket.writableEnded) resolve();
    else socket.end(resolve);
  });
}

/** Of a process that nobody is attached to. */
export function createNoStreams(resize: AttachedOptions['resize']): AttachedStreams {
  const nothing = () => Promise.resolve();
  return { output: NO_OUTPUT, write: nothing, closeStdin: nothing, resize, detach: nothing };
}

const NO_OUTPUT: AttachedStreams['output'] = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
