import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Engine } from '../../engine/engine.js';
import type { ApiEndpoint, ApiOptions, RunningApi } from '../../model/api-options.js';
import { openCertificates } from '../../platform/tls-files.js';
import { acceptRequests, createHijackRule } from './accept-requests.js';
import type { Dispatcher } from './dispatch.js';
import { createHijackableRequest } from './hijackable-request.js';
import { listenAt } from './listen.js';
import { createRoutes } from './routes.js';

/** Time for the head of a request, ms: what is slower is no client. */
const HEADERS_MS = 15_000;
/** Clients keep connections for later requests, and lose one that is closed just then. */
const KEEP_ALIVE_MS = 600_000;
/** How long answers that have begun may take when the server stops, ms. */
const STOP_MS = 5_000;

/**
 * Serves Docker's API of an engine at some endpoints until it is stopped. Rejects: unavailable (an address is taken, or not this
 * host's), invalid-argument (certificates).
 */
export async function serveApi(engine: Engine, options: ApiOptions): Promise<RunningApi> {
  const dispatcher: Dispatcher = { engine, routes: createRoutes(), warn: options.warn, debug: options.debug };
  const end = new AbortController();
  const listeners: { readonly server: Server; readonly url: string }[] = [];
  const stop = async (): Promise<void> => {
    end.abort();
    await Promise.all(listeners.map(({ server }) => closeServer(server)));
  };
  try {
    for (const endpoint of options.endpoints) {
      const server = createAnyServer(endpoint, dispatcher);
      acceptRequests(server, dispatcher, end.signal);
      listeners.push({ server, url: await listenAt(server, endpoint) });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: listeners.map(({ url }) => url), stop };
}

function createAnyServer(endpoint: ApiEndpoint, dispatcher: Dispatcher): Server {
  const settings: ServerOptions = {
    headersTimeout: HEADERS_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 0,
    IncomingMessage: createHijackableRequest(createHijackRule(dispatcher)),
  };
  if (endpoint.kind === 'unix' || endpoint.tls === undefined) return createServer(settings);
  const certificates = openCertificates(endpoint.tls, dispatcher.warn);
  const server = createTlsServer({ ...settings, ...certificates.options });
  server.on(
    'close',
    certificates.follow((changed) => server.setSecureContext(changed)),
  );
  return server;
}

/** Idle connections end now, others after the answer that they wait for, or when the time is up. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
  await closed;
  clearTimeout(timer);
}
