import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReplyStream } from './reply.js';

/** Bytes that leave together, about. */
const GATHERED_BYTES = 64 * 1024;

/**
 * A stream for what comes in many small pieces: those of one turn of the event loop leave as one. Whoever has much to write lets others
 * have their turn in between.
 */
export function gatherWrites(stream: ReplyStream): ReplyStream {
  let parts: Uint8Array[] = [];
  let length = 0;
  let isDue = false;
  /** While the client has no room. */
  let blocked: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    isDue = false;
    if (length === 0) return;
    const bytes = Buffer.concat(parts, length);
    [parts, length] = [[], 0];
    blocked = stream.write(bytes);
    await blocked;
    blocked = undefined;
  };
  return {
    write: async (bytes) => {
      const part = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      parts.push(part);
      length += part.length;
      if (length >= GATHERED_BYTES) {
        await flush();
        await nextTurn();
        return;
      }
      if (!isDue) setImmediate(() => void flush());
      isDue = true;
      await blocked;
    },
    end: () => {
      void flush();
      stream.end();
    },
  };
}
