import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import { EngineError, messageOf } from '../../../model/errors.js';
import type { ListenAddress, TlsFiles } from '../../../model/registry-options.js';
import { openCertificates } from '../../../platform/tls-files.js';

export interface Listener {
  readonly url: string;
  stop(graceMs: number): Promise<void>;
}

export interface ListenerOptions {
  readonly address: ListenAddress;
  /** HTTP without. */
  readonly tls: TlsFiles | undefined;
  readonly idleMs: number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly warn: (message: string) => void;
}

/** Time for the head of a request, ms: what is slower is no client. */
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 65_000;

/** Listens for HTTP or HTTPS. Rejects: unavailable (the address is taken or not this host's), invalid-argument (certificates). */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { server, close } = createAnyServer(options);
  // A large blob may take hours; a connection on which nothing moves may not.
  server.setTimeout(options.idleMs);
  server.on('request', options.onRequest);
  // The body is asked for when somebody reads it: a push that is refused is not sent first.
  server.on('checkContinue', options.onRequest);
  try {
    await listen(server, options.address);
  } catch (error) {
    close();
    throw error;
  }
  return {
    url: formatUrl(server, options.tls === undefined ? 'http' : 'https'),
    stop: async (graceMs) => {
      close();
      await stop(server, graceMs);
    },
  };
}

function createAnyServer({ tls, warn }: ListenerOptions): { readonly server: Server; readonly close: () => void } {
  const limits: ServerOptions = { headersTimeout: HEADERS_MS, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 };
  if (tls === undefined) return { server: createServer(limits), close: () => undefined };
  const certificates = openCertificates(tls, warn);
  const server = createTlsServer({ ...limits, ...certificates.options });
  return { server, close: certificates.follow((changed) => server.setSecureContext(changed)) };
}

async function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((cause: unknown) => {
    const reason = messageOf(cause);
    throw new EngineError('unavailable', `cannot listen on ${host}:${port}: ${reason}`, { cause });
  });
}

function formatUrl(server: Server, scheme: string): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new EngineError('internal', 'the server has no address');
  return `${scheme}://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`;
}

/** Connections that wait for a request end now, others after the answer that they wait for, or when the time is up. */
async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
