/** Frames on the attach socket; native/README.md, "The attach socket". native/frames.c is the other end. */
export interface AttachFrame {
  readonly type: number;
  readonly payload: Buffer;
}

/** Types of frames to the client, the first two as in Docker's streams. */
export const STDOUT_FRAME = 1;
export const STDERR_FRAME = 2;
export const REPLY_FRAME = 3;

/** Types of frames from the client. */
export const STDIN_FRAME = 0;
export const CLOSE_STDIN_FRAME = 4;
export const RESIZE_FRAME = 5;
export const SIGNAL_FRAME = 6;
export const FINAL_EXIT_FRAME = 7;
export const HELLO_FRAME = 9;
export const RESTART_POLICY_FRAME = 10;
export const NETWORK_FRAME = 11;
export const HAND_OVER_FRAME = 12;
export const GO_ON_FRAME = 13;

const HEADER_BYTES = 8;
/** No frame of the monitor is near this; a larger one means that the other end is something else. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** `type 0 0 0`, the length big-endian, the payload. */
export function encodeFrame(type: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.alloc(HEADER_BYTES + bytes.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(bytes.length, 4);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

/** A decoder for one connection: takes pieces as they come and gives the frames that are whole. Throws on a length that cannot be. */
export function createFrameDecoder(): (piece: Buffer) => readonly AttachFrame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const frames: AttachFrame[] = [];
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt32BE(4);
      if (length > MAX_PAYLOAD_BYTES) {
        throw new Error(`a frame of ${length} bytes on the attach socket: at most ${MAX_PAYLOAD_BYTES} are possible`);
      }
      if (rest.length < HEADER_BYTES + length) {
        break;
      }
      frames.push({ type: rest.readUInt8(0), payload: rest.subarray(HEADER_BYTES, HEADER_BYTES + length) });
      rest = rest.subarray(HEADER_BYTES + length);
    }
    return frames;
  };
}
