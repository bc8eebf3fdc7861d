import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { asksForUpgrade } from './hijackable-request.js';
import { openReplyStream, type ReplyStream, writeWhole } from './reply.js';

/**
 * The connection under a request that has become a stream of its own: attach and exec. It is the bare socket, of which either side can
 * close its half, and begins with 101 where the client has asked for an upgrade, else with 200 and neither a length nor chunks.
 */
export interface HijackedConnection extends ReplyStream {
  /** What the client sends, until it closes its half. */
  readonly input: AsyncIterable<Uint8Array>;
}

export interface HijackedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** What of it nobody has read yet is left out of the input. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The head of Docker's answer, and the socket. */
export function hijackSocket(hijacked: HijackedRequest, contentType: string): HijackedConnection {
  const { request, response, socket } = hijacked;
  response.detachSocket(socket);
  socket.write(`${formatStatus(request, contentType)}${formatHeaders(response)}\r\n`);
  return {
    input: readInput(hijacked),
    write: (bytes) => writeWhole(socket, bytes),
    end: () => void socket.end(),
  };
}

/** The type that tells streams apart is of upgrades alone. */
function formatStatus(request: IncomingMessage, contentType: string): string {
  return asksForUpgrade(request)
    ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`
    : 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n';
}

async function* readInput({ socket, body }: HijackedRequest): AsyncGenerator<Uint8Array> {
  for await (const _ of body);
  yield* socket.iterator({ destroyOnReturn: false });
}

/** For clients that send chunks, which are the input: what follows the head is the stream itself. */
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
