import { ReaderGoneError } from './cli-error.js';
import type { CliOutput } from './command-spec.js';

/**
 * Resolves when the output is written: a slow reader is waited for. Rejects with ReaderGoneError where there is no reader
 * (`gantry logs | head`), and with the error of the system where it cannot be written for another reason.
 */
export function writeOutput(stream: CliOutput, data: string | Uint8Array): Promise<void> {
  if (data.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(isReaderGone(error) ? new ReaderGoneError() : error);
    });
  });
}

function isReaderGone(error: Error): boolean {
  return (
    'code' in error && ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'].includes(String(error.code))
  );
}
