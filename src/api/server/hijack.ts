import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { openReplyStream, type ReplyStream, writeWhole } from './reply.js';

/**
 * The connection under a request that has become a stream of its own: attach and exec. With an `Upgrade` header it begins with 101 and is
 * the bare socket, of which either side can close its half; without, it begins with 200 and lasts until the connection closes.
 */
export interface HijackedConnection extends ReplyStream {
  /** What the client sends, until it closes its half. */
  readonly input: AsyncIterable<Uint8Array>;
}

/** The head of Docker's answer to a client that asks for an upgrade. */
export function hijackSocket(socket: Socket, response: ServerResponse, contentType: string): HijackedConnection {
  response.detachSocket(socket);
  socket.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${formatHeaders(response)}\r\n`,
  );
  return {
    input: socket.iterator({ destroyOnReturn: false }),
    write: (bytes) => writeWhole(socket, bytes),
    end: () => void socket.end(),
  };
}

/** For clients that ask for none: neither a length nor chunks, so that what follows the head is the stream itself. */
export function hijackAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
): HijackedConnection {
  response.useChunkedEncodingByDefault = false;
  response.shouldKeepAlive = false;
  const stream = openReplyStream(response, contentType);
  return { ...stream, input: readBody(request) };
}

/** Who stops reading it leaves the connection as it is: the answer goes there. */
export function readBody(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}

/** The body of a request whose connection has been taken from its parser: the rest of it stays in the socket. RFC 9110, 8.6. */
export async function* readUpgradedBody(socket: Socket, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0; ) {
    const bytes: Buffer | null = socket.read(Math.min(left, socket.readableLength));
    if (bytes !== null) {
      left -= bytes.length;
      yield bytes;
    } else if (socket.readableEnded || socket.destroyed) {
      return;
    } else {
      await nextReadable(socket);
    }
  }
}

/** Also at the end, and when the connection breaks. */
function nextReadable(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['readable', 'end', 'close'] as const;
  const done = (): void => {
    for (const event of events) socket.off(event, done);
    resolve();
  };
  for (const event of events) socket.on(event, done);
  return promise;
}

/** Those that every answer has. */
function formatHeaders(response: ServerResponse): string {
  return response
    .getHeaderNames()
    .map((name) => `${name}: ${String(response.getHeader(name))}\r\n`)
    .join('');
}
