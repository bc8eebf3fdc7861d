import { once } from 'node:events';
import type { CliOutput } from './command-spec.js';

/** Writes and waits where the reader is slow. A reader that has gone (`gantry logs | head`) is no error. */
export async function writeOutput(stream: CliOutput, data: string | Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded || data.length === 0) {
    return;
  }
  if (!stream.write(data)) {
    const closed = new AbortController();
    await Promise.race([
      once(stream, 'drain', { signal: closed.signal }),
      once(stream, 'close', { signal: closed.signal }),
    ]).finally(() => closed.abort());
  }
}
