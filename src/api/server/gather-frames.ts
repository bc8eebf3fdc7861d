import { setImmediate as nextTurn } from 'node:timers/promises';
import { FRAME_HEADER_BYTES, type FramedStream, writeFrameHeader } from './multiplex.js';
import type { ReplyStream } from './reply.js';

/** Bytes that leave together, about. */
const GATHERED_BYTES = 64 * 1024;
/** Most bytes of UTF-8 for one unit of a text. */
const UTF8_MOST = 3;

/** A stream of texts, with or without the header of a frame before each. */
export interface TextStream {
  /** Resolves when the client can take more, or has gone. */
  write(stream: FramedStream, text: string): Promise<void> | undefined;
  end(): void;
}

/**
 * For texts that come in great number: those of one turn of the event loop leave as one. Whoever has much to write lets others have their
 * turn in between.
 */
export function gatherFrames(reply: ReplyStream, { isRaw }: { readonly isRaw: boolean }): TextStream {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let isDue = false;
  /** While the client has no room. */
  let blocked: Promise<void> | undefined;
  const header = isRaw ? 0 : FRAME_HEADER_BYTES;
  const flush = async (): Promise<void> => {
    isDue = false;
    if (length === 0) return;
    const bytes = buffer.subarray(0, length);
    // The socket may have it for a while.
    [buffer, length] = [Buffer.alloc(0), 0];
    blocked = reply.write(bytes);
    await blocked;
    blocked = undefined;
  };
  const flushAndRest = async (): Promise<void> => {
    await flush();
    await nextTurn();
  };
  return {
    write: (stream, text) => {
      const most = header + text.length * UTF8_MOST;
      if (length + most > buffer.length) {
        // A single line, as a follower has it, takes a small one.
        const larger = Buffer.allocUnsafe(2 * length + most);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      const count = buffer.write(text, length + header);
      if (!isRaw) writeFrameHeader(buffer, length, { stream, length: count });
      length += header + count;
      if (length >= GATHERED_BYTES) return flushAndRest();
      if (!isDue) setImmediate(() => void flush());
      isDue = true;
      return blocked;
    },
    end: () => {
      void flush();
      reply.end();
    },
  };
}
