import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { asksForUpgrade } from './hijackable-request.js';
import { openReplyStream, type ReplyStream, writeWhole } from './reply.js';
import { findDescriptor } from './socket-descriptor.js';
import { createSocketInput, type SocketInput } from './socket-input.js';

/**
 * The connection under a request that has become a stream of its own: attach and exec. It is the bare socket, of which either side can
 * close its half, and begins with 101 where the client has asked for an upgrade, else with 200 and neither a length nor chunks.
 */
export interface HijackedConnection extends ReplyStream {
  /** What the client sends, until it closes its half. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Where it is a plain socket of this process. */
  readonly givable?: GivableSocket;
}

/** A socket that another process can have. */
export interface GivableSocket {
  readonly descriptor: number;
  /** Resolves when all that was written has left. */
  flush(): Promise<void>;
  /** Of the input: socket-input.ts. */
  hold(): Promise<void>;
  resume(): void;
  /** What has come and is not of the input yet; undefined when it has broken off, and its descriptor may be another's. */
  takeRest(): Uint8Array | undefined;
  /** Closes it here, by which the connection does not end: whoever else has it has it now alone. */
  leave(): void;
}

export interface HijackedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** What of it nobody has read yet is left out of the input. */
  readonly body: AsyncIterable<Uint8Array>;
  /** That it is closed is not that its client has gone. */
  readonly unfollow: () => void;
}

/** The head of Docker's answer, and the socket. */
export function hijackSocket(hijacked: HijackedRequest, contentType: string): HijackedConnection {
  const { request, response, socket, body } = hijacked;
  response.detachSocket(socket);
  socket.write(`${formatStatus(request, contentType)}${formatHeaders(response)}\r\n`);
  const input = createSocketInput(socket, body);
  const descriptor = findDescriptor(socket);
  return {
    input: input.bytes,
    write: (bytes) => writeWhole(socket, bytes),
    end: () => void socket.end(),
    ...(descriptor !== undefined && { givable: toGivable(hijacked, input, descriptor) }),
  };
}

function toGivable({ socket, unfollow }: HijackedRequest, input: SocketInput, descriptor: number): GivableSocket {
  return {
    descriptor,
    flush: () => flush(socket),
    hold: input.hold,
    resume: input.resume,
    takeRest: () => {
      if (findDescriptor(socket) !== descriptor) return undefined;
      const rest: Buffer[] = [];
      for (let bytes = socket.read(); bytes !== null; bytes = socket.read()) rest.push(bytes);
      return Buffer.concat(rest);
    },
    leave: () => {
      unfollow();
      socket.destroy();
    },
  };
}

/** Also when it has broken off. */
async function flush(socket: Socket): Promise<void> {
  if (socket.writableLength === 0 || socket.destroyed) return;
  await new Promise<void>((resolve) => void socket.write('', () => resolve()));
}

/** The type that tells streams apart is of upgrades alone. */
function formatStatus(request: IncomingMessage, contentType: string): string {
  return asksForUpgrade(request)
    ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`
    : 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n';
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
