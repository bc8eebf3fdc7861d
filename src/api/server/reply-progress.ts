import { messageOf } from '../../model/errors.js';
import { toWireFailure, type WireProgress } from '../wire/transfer-progress.js';
import { openReplyStream } from './reply.js';
import type { ApiCall } from './route.js';

/**
 * Answers with the lines of a pull, push or load as they come. The head leaves with the first: what fails before has a status of its own,
 * what fails later is the last line. Nothing goes on for a client that has gone, where the steps end by `request.gone`.
 */
export async function replyProgress(
  { response, request }: Pick<ApiCall, 'response' | 'request'>,
  lines: AsyncIterable<WireProgress>,
): Promise<void> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  const stream = openReplyStream(response, 'application/json');
  const write = (line: WireProgress) => stream.write(`${JSON.stringify(line)}\r\n`);
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) await write(next.value);
  } catch (error) {
    if (!request.gone.aborted) await write(toWireFailure(messageOf(error)));
    throw error;
  } finally {
    stream.end();
  }
}
