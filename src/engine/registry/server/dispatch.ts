import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../model/errors.js';
import { errnoOf } from '../../../platform/kernel-file.js';
import type { AccessControl, AccessScope } from './access/access-control.js';
import { findRoute, isRepositoryName } from './find-route.js';
import { RegistryError } from './registry-error.js';
import { replyError } from './reply.js';
import type { Handler, Route } from './route.js';

export interface Dispatcher {
  readonly routes: readonly Route[];
  readonly access: AccessControl;
  /** Nobody may push or delete. */
  readonly isReadOnly: boolean;
  readonly warn: (message: string) => void;
}

/** What the access log says of a request beside what it holds itself. */
export interface Handled {
  /** Name of the route, or `none`. */
  readonly route: string;
  readonly user: string | undefined;
  /** The client has gone before it had everything. */
  readonly isBroken: boolean;
}

/** Answers one request. Never rejects. */
export async function dispatch(
  dispatcher: Dispatcher,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Handled> {
  let user: string | undefined;
  let route = 'none';
  response.setHeader('Docker-Distribution-API-Version', 'registry/2.0');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  try {
    const { path, query } = splitUrl(request.url ?? '');
    const { name, handler, repository, reference } = findRoute(dispatcher.routes, request.method ?? '', path);
    route = name;
    user = await dispatcher.access.identify(request);
    const may = (action: AccessScope['action'], other: string) =>
      isRepositoryName(other) && dispatcher.access.may(user, action, other);
    checkAccess(dispatcher, handler.action, { request, user, repository });
    await handler.run({ request, response, repository, reference, query, may });
  } catch (error) {
    return { user, route, isBroken: !fail(dispatcher, { request, response, error }) };
  }
  return { user, route, isBroken: false };
}

/** As it came: nothing is normalized, so that what is checked is what is used. */
function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly user: string | undefined;
  readonly repository: string;
}

function checkAccess({ access, isReadOnly }: Dispatcher, action: Handler['action'], asked: Asked): void {
  const { request, user, repository } = asked;
  if (action === 'enter') return;
  if (action === 'know') {
    if (!access.mayEnter(request, user)) throw refuse(access, asked, undefined);
    return;
  }
  if (!access.may(user, action, repository)) throw refuse(access, asked, { action, repository });
  if (isReadOnly && action !== 'pull') {
    throw new RegistryError(405, 'UNSUPPORTED', 'this registry is read-only', { Allow: 'GET, HEAD' });
  }
}

/** Whoever is not known is asked to log in; whoever is, may not. */
function refuse(access: AccessControl, { request, user }: Asked, scope: AccessScope | undefined): RegistryError {
  const challenge = access.challenge(request, scope);
  if (user === undefined && challenge !== undefined) {
    return new RegistryError(401, 'UNAUTHORIZED', 'authentication required', { 'WWW-Authenticate': challenge });
  }
  const what = scope === undefined ? 'enter' : `${scope.action} ${scope.repository}`;
  return new RegistryError(403, 'DENIED', `${user ?? 'who is not logged in'} may not ${what}`);
}

interface Failure {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly error: unknown;
}

/** False where there is nobody to answer. */
function fail({ warn }: Dispatcher, { request, response, error }: Failure): boolean {
  // The client has gone, or the answer has begun: all that can be said is that it is not whole.
  if (request.socket.destroyed || response.headersSent || isBrokenConnection(error)) {
    response.destroy();
    if (!isBrokenConnection(error)) warn(`${request.method} ${request.url}: ${messageOf(error)}`);
    return false;
  }
  if (error instanceof RegistryError) {
    replyError(response, error);
    return true;
  }
  warn(`${request.method} ${request.url}: ${messageOf(error)}`);
  const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoOf(error));
  replyError(
    response,
    isFull
      ? new RegistryError(507, 'UNKNOWN', 'the registry has no space left')
      : new RegistryError(500, 'UNKNOWN', 'the registry failed: its log says why'),
  );
  return true;
}

function isBrokenConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes(errnoOf(error));
}
