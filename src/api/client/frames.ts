import type { ByteStream } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';

export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

const HEADER = 8;
const STDERR = 2;
/** Of the daemon itself: what went wrong behind the stream. */
const SYSTEM_ERROR = 3;

/**
 * Takes apart what server/multiplex.ts joins: frames of a type, three zeros, a big-endian length and the bytes. A frame comes whole.
 * Rejects: internal (an error of the daemon in the stream).
 */
export async function* readFrames(bytes: ByteStream): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0);
  for await (const part of bytes) {
    rest = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
    for (let end = frameEnd(rest); end !== undefined; end = frameEnd(rest)) {
      if (end > HEADER) yield toFrame(rest[0] ?? 0, rest.subarray(HEADER, end));
      rest = rest.subarray(end);
    }
  }
}

/** Undefined while it is not all there. */
function frameEnd(bytes: Buffer): number | undefined {
  if (bytes.length < HEADER) return undefined;
  const end = HEADER + bytes.readUInt32BE(4);
  return end <= bytes.length ? end : undefined;
}

function toFrame(type: number, bytes: Buffer): Frame {
  if (type === SYSTEM_ERROR) throw new EngineError('internal', bytes.toString().trim());
  return { stream: type === STDERR ? 'stderr' : 'stdout', bytes };
}

/** Of a terminal: all of it is one stream. */
export async function* readRaw(bytes: ByteStream): AsyncGenerator<Frame> {
  for await (const part of bytes) yield { stream: 'stdout', bytes: part };
}
