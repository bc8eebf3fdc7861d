import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { EngineError } from '../../model/errors.js';
import type { HijackedConnection } from './hijack.js';
import { writeWhole } from './reply.js';

/** Largest message of a client, bytes: what is typed or pasted is far below it. */
const MESSAGE_MAX = 4 * 1024 * 1024;

/**
 * The same connection in the frames of RFC 6455: each message of the client is input, whether it is text or binary, and output is binary.
 * It has no halves: its end is that of both directions. Rejects: invalid-argument where the handshake is none.
 */
export async function openWebSocket(
  request: IncomingMessage,
  response: ServerResponse,
  socket: Socket,
): Promise<HijackedConnection> {
  // Few clients want one.
  const { createWebSocketStream, WebSocketServer } = await import('ws');
  const { promise, resolve, reject } = Promise.withResolvers<HijackedConnection>();
  const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX });
  server.on('wsClientError', ({ message }) => reject(new EngineError('invalid-argument', message)));
  server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => {
    response.detachSocket(socket);
    const stream = createWebSocketStream(webSocket);
    // Whoever reads or writes sees that it is closed; an error that nobody listens to would end the process.
    stream.on('error', () => undefined);
    resolve({
      input: stream.iterator({ destroyOnReturn: false }),
      write: (bytes) => writeWhole(stream, bytes),
      end: () => void stream.end(),
    });
  });
  return await promise;
}
