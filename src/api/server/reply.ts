import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { EngineError, messageOf } from '../../model/errors.js';
import { STATUS_OF } from './status.js';

/** Answers with JSON as Go's encoder writes it, a line feed at its end. */
export function replyJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
}

/** Answers without a body. */
export function replyEmpty(response: ServerResponse, status: number): void {
  // What has no body by its status has no length either: RFC 9110, 8.6.
  response.writeHead(status, status === 204 || status === 304 ? {} : { 'Content-Length': 0 }).end();
}

/** `{"message": …}`; where the answer has begun already, its end says that something went wrong, unless it has ended with words of its own. */
export function replyError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  const status = error instanceof EngineError ? STATUS_OF[error.kind] : 500;
  if (status === 304) replyEmpty(response, status);
  else replyJson(response, status, { message: messageOf(error) });
}

/** An answer whose end is not known when it begins. */
export interface ReplyStream {
  /** Resolves when the client can take more, or has gone: then nothing is written any more. */
  write(bytes: Uint8Array | string): Promise<void>;
  end(): void;
}

/** Its head leaves at once: clients wait for it before they go on. */
export function openReplyStream(response: ServerResponse, contentType: string): ReplyStream {
  response.writeHead(200, { 'Content-Type': contentType });
  response.flushHeaders();
  return {
    write: (bytes) => writeWhole(response, bytes),
    end: () => void response.end(),
  };
}

/** Writes, and waits until the other side has room for more; nothing is written to one that has gone. */
export function writeWhole(target: Writable, bytes: Uint8Array | string): Promise<void> {
  if (target.destroyed || !target.writable || target.write(bytes)) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    target.off('drain', done);
    target.off('close', done);
    resolve();
  };
  target.on('drain', done);
  target.on('close', done);
  return promise;
}
