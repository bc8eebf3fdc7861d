import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { EngineError } from '../../model/errors.js';
import { withoutVersion } from './api-version.js';
import { createTurns } from './connection-turns.js';
import { type Dispatcher, dispatch, type Exchange } from './dispatch.js';
import { hijackAnswer, hijackSocket, readBody, readUpgradedBody } from './hijack.js';
import { asksForUpgrade } from './hijackable-request.js';
import { refuseConnection } from './refuse-connection.js';
import { openWebSocket } from './web-socket.js';

/**
 * Has a server's requests answered until `end` aborts, which ends streams that would go on. Connections that were hijacked are no longer
 * the server's, and those on which nothing has been asked yet are not idle to Node: they are closed here.
 */
export function acceptRequests(server: Server, dispatcher: Dispatcher, end: AbortSignal): void {
  const hijacked = new Set<Socket>();
  const silent = new Set<Socket>();
  end.addEventListener('abort', () => {
    for (const socket of [...hijacked, ...silent]) socket.destroy();
  });
  // One of `node:https`. To ask for its class would load `node:tls`, and in the bundle that has another name for it.
  const isEncrypted = 'setSecureContext' in server;
  server.on(isEncrypted ? 'secureConnection' : 'connection', (socket: Socket) => {
    silent.add(socket);
    socket.on('close', () => silent.delete(socket));
  });
  const turns = createTurns();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    silent.delete(request.socket);
    turns.take(request.socket, response, () => dispatch(dispatcher, toExchange(request, response, end)));
  };
  server.on('request', answer);
  // The body is asked for when somebody reads it: what is refused is not sent first.
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    answer(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    silent.delete(socket);
    hijacked.add(socket);
    socket.on('close', () => hijacked.delete(socket));
    // Whoever reads or writes sees that it is closed; an error that nobody listens to would end the process.
    socket.on('error', () => undefined);
    if (head.length > 0) socket.unshift(head);
    void dispatch(dispatcher, toUpgradedExchange(request, socket, end));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuseConnection(error, socket, { hasBegun: turns.hasBegun(socket) });
  });
}

/**
 * Whether a request becomes a stream, by its route: whoever asks for an upgrade elsewhere is answered as if it had not. A body in chunks
 * has an end that only a parser finds.
 */
export function createHijackRule({ routes }: Pick<Dispatcher, 'routes'>): (request: IncomingMessage) => boolean {
  // It is asked of every request: of three routes, and without an error for all others.
  const hijacking = routes.filter(({ hijacks }) => hijacks === true);
  return (request) => {
    const { method, url = '', headers } = request;
    if (headers['transfer-encoding'] !== undefined && !asksForUpgrade(request)) return false;
    const path = withoutVersion(url.replace(/\?.*$/, ''));
    return hijacking.some((route) => route.method === method && route.path.test(path));
  };
}

function toExchange(request: IncomingMessage, response: ServerResponse, end: AbortSignal): Exchange {
  return {
    request,
    response,
    body: readBody(request),
    gone: followClose(response, end).gone,
    hijack: (contentType) => hijackAnswer(request, response, contentType),
    openWebSocket: () =>
      Promise.reject(new EngineError('invalid-argument', 'the request does not ask for a websocket')),
  };
}

function toUpgradedExchange(request: IncomingMessage, socket: Socket, end: AbortSignal): Exchange {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  // What is answered without a hijack ends the connection, which has no parser any more.
  response.on('finish', () => socket.end());
  const body = readUpgradedBody(socket, Number(request.headers['content-length'] ?? 0));
  const { gone, unfollow } = followClose(socket, end);
  return {
    request,
    response,
    body,
    gone,
    hijack: (contentType) => hijackSocket({ request, response, socket, body, unfollow }, contentType),
    openWebSocket: () => openWebSocket(request, response, socket),
  };
}

interface Following {
  readonly gone: AbortSignal;
  readonly unfollow: () => void;
}

function followClose(target: Socket | ServerResponse, end: AbortSignal): Following {
  const closed = new AbortController();
  const abort = (): void => closed.abort();
  target.once('close', abort);
  return { gone: AbortSignal.any([closed.signal, end]), unfollow: () => target.off('close', abort) };
}
