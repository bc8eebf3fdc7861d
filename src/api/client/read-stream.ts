import type { IncomingMessage } from 'node:http';
import type { ByteStream } from '../../engine/engine.js';
import { EngineError, messageOf } from '../../model/errors.js';
import { readLines } from '../../platform/read-lines.js';

/** The bytes of an answer. Ends when the signal aborts; rejects with unavailable where the connection breaks. */
export async function* readBytes(
  answer: AsyncIterable<unknown> & { destroy(): unknown },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of answer) yield bytes as Uint8Array;
  } catch (cause) {
    if (signal?.aborted === true) return;
    throw new EngineError('unavailable', `the connection to the engine has broken: ${messageOf(cause)}`, { cause });
  } finally {
    answer.destroy();
  }
}

/** The same for a body that is a file: half of one is none. Rejects: cancelled, unavailable. */
export async function* readWhole(
  answer: IncomingMessage,
  signal?: AbortSignal,
): ByteStream & AsyncGenerator<Uint8Array> {
  yield* readBytes(answer, signal);
  if (signal?.aborted === true) throw new EngineError('cancelled', 'the transfer was cancelled');
}

/** JSON values one after the other, a line each. What is no JSON is left out. */
export async function* readJsonLines(bytes: ByteStream): AsyncGenerator<unknown> {
  for await (const line of readLines(bytes)) {
    if (line.trim() === '') continue;
    try {
      yield JSON.parse(line) as unknown;
    } catch {
      // An endpoint that breaks off in the middle of a line has said nothing with it.
    }
  }
}
