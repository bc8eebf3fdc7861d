import type { Socket } from 'node:net';
import { waitUntil } from './wait-until.js';

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** One client of a monitor's attach socket, speaking the frames of src/engine/isolation/native/README.md. */
export interface AttachClient {
  readonly frames: readonly Frame[];
  readonly isClosed: () => boolean;
  readonly send: (type: number, payload?: Buffer | string) => void;
  /** All bytes of a stream so far. */
  readonly output: (type: 1 | 2) => Buffer;
  /** The answers and the exit so far, in their order. */
  readonly answers: () => readonly Record<string, unknown>[];
  readonly close: () => void;
  /** Closes once everything is sent. */
  readonly end: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly waitForOutput: (text: string, type?: 1 | 2) => Promise<void>;
  readonly waitForExit: () => Promise<Record<string, unknown>>;
}

export const STDOUT = 1;
export const STDERR = 2;
export const STDIN = 4;

/** Says hello with the bits on a connected socket. */
export function attachClient(socket: Socket, bits: number): AttachClient {
  const frames: Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let closed = false;
  socket.on('data', (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4);
      frames.push({ type: rest.readUInt8(0), payload: rest.subarray(8, end) });
      rest = rest.subarray(end);
    }
  });
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', () => undefined);
  const ofType = (type: number) => frames.filter((frame) => frame.type === type).map((frame) => frame.payload);
  const answers = () => ofType(3).map((payload) => JSON.parse(payload.toString()) as Record<string, unknown>);
  const output = (type: number) => Buffer.concat(ofType(type));
  const client: AttachClient = {
    frames,
    isClosed: () => closed,
    send: (type, payload = '') => {
      const bytes = Buffer.from(payload as Buffer);
      const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
      header.writeUInt32BE(bytes.length, 4);
      socket.write(Buffer.concat([header, bytes]));
    },
    output,
    answers,
    close: () => socket.destroy(),
    end: () => socket.end(() => socket.destroy()),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    waitForOutput: async (text, type = 1) => {
      await waitUntil(`${JSON.stringify(text)} in ${output(type)}`, () => output(type).includes(text));
    },
    waitForExit: async () => {
      const exit = await waitUntil('the exit frame', () => answers().find((answer) => 'exit' in answer));
      return exit['exit'] as Record<string, unknown>;
    },
  };
  client.send(9, Buffer.from([bits]));
  return client;
}
