import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { API_VERSION, GANTRY_VERSION } from '../../model/version.js';
import { splitVersion } from './api-version.js';
import { findRoute } from './find-route.js';
import type { HijackedConnection } from './hijack.js';
import { createQuery } from './query.js';
import { replyError } from './reply.js';
import type { Route } from './route.js';

export interface Dispatcher {
  readonly engine: Engine;
  readonly routes: readonly Route[];
  /** Told of what is not the client's fault. */
  readonly warn: (message: string, error?: unknown) => void;
  /** Told of each request. */
  readonly debug?: ((message: string) => void) | undefined;
}

/** One request and the ways to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: AsyncIterable<Uint8Array>;
  readonly gone: AbortSignal;
  readonly hijack: (contentType: string) => HijackedConnection;
  readonly openWebSocket: () => Promise<HijackedConnection>;
}

/** Answers a request; also what fails is an answer. Never rejects. */
export async function dispatch({ engine, routes, warn, debug }: Dispatcher, exchange: Exchange): Promise<void> {
  const { request, response, body, gone, hijack, openWebSocket } = exchange;
  debug?.(`Calling ${request.method} ${request.url}`);
  for (const [name, value] of COMMON_HEADERS) response.setHeader(name, value);
  let isHijacked = false;
  try {
    const url = parseUrl(request.url ?? '');
    const { version, path } = splitVersion(url.pathname);
    const { route, params } = findRoute(routes, request.method ?? '', path);
    const query = createQuery(url.searchParams);
    await route.handle({
      engine,
      request: { version, params, query, headers: request.headers, body, gone },
      response,
      hijack: (contentType) => {
        isHijacked = true;
        return hijack(contentType);
      },
      openWebSocket: async () => {
        const connection = await openWebSocket();
        isHijacked = true;
        return connection;
      },
    });
  } catch (error) {
    // Whoever has gone gets no answer, and what was cancelled for that is no failure.
    if (gone.aborted) return;
    if (!(error instanceof EngineError) || error.kind === 'internal') {
      warn(`${request.method} ${request.url}`, error);
    }
    if (isHijacked) request.socket.destroy();
    else replyError(response, error);
  }
}

const COMMON_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['Api-Version', API_VERSION],
  ['Docker-Experimental', 'false'],
  ['Ostype', 'linux'],
  ['Server', `Gantry/${GANTRY_VERSION} (linux)`],
];

function parseUrl(text: string): URL {
  // A path may begin with two slashes, which a URL takes for a host.
  const url = URL.parse(`http://engine${text.startsWith('/') ? text : `/${text}`}`);
  if (url === null) throw new EngineError('invalid-argument', 'the path is not encoded as a URL');
  // No name or path has one, and system calls end there.
  if (text.includes('%00')) throw new EngineError('invalid-argument', 'the URL has a zero byte');
  return url;
}
