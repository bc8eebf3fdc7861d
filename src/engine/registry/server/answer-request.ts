import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { formatAccessLine } from './access-log.js';
import { type Dispatcher, dispatch } from './dispatch.js';
import type { Metrics } from './metrics.js';

export interface Answering {
  readonly dispatcher: Dispatcher;
  readonly metrics: Metrics;
  readonly form: 'text' | 'json' | 'none';
  readonly access: (line: string) => void;
  /** What of each connection has been counted. */
  readonly counted: WeakMap<Socket, { readonly read: number; readonly written: number }>;
}

/** Answers a request, and tells the metrics and the access log when the client has it all or has gone. Never rejects. */
export async function answerRequest(
  { dispatcher, metrics, form, access, counted }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { socket } = request;
  const start = { atMs: Date.now(), ms: performance.now() };
  const remote = socket.remoteAddress ?? '-';
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  metrics.begin();
  const handled = await dispatch(dispatcher, request, response);
  await closed;
  const durationMs = performance.now() - start.ms;
  // Connections are used again, and a request may be in before anybody looks: what came since the last one is this one's.
  const { read, written } = counted.get(socket) ?? { read: 0, written: 0 };
  counted.set(socket, { read: socket.bytesRead, written: socket.bytesWritten });
  metrics.end({
    method: request.method ?? '',
    route: handled.route,
    status: response.statusCode,
    seconds: durationMs / 1000,
    bytesIn: socket.bytesRead - read,
    bytesOut: socket.bytesWritten - written,
  });
  if (form === 'none') return;
  access(formatAccessLine(form, { request, response, remote, atMs: start.atMs, durationMs, ...handled }));
}
