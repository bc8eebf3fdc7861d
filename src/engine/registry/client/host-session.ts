import { EngineError } from '../../../model/errors.js';
import type { RegistryCredentials } from '../../../model/registry.js';
import { parseChallenges } from './auth-challenge.js';
import { type Authorizer, createAuthorizer } from './authorizer.js';
import { losesTls, parseHttpAddress } from './http-address.js';
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js';
import { isInsecureHost, type RegistrySettings } from './registry-settings.js';
import { ResponseError, toResponseError } from './response-error.js';
import { isTransientStatus, nextDelayMs, pause } from './retry.js';
import { TransportError } from './transport-error.js';

/** What is known of one registry host: whether it has TLS, and how it wants to be asked. */
export interface HostSession {
  /** `name` or `name:port`. */
  readonly host: string;
  /** The address of a path below `/v2/`. Finds out first whether the host has TLS. Rejects: unavailable. */
  address(path: string, signal?: AbortSignal): Promise<URL>;
  /**
   * Sends with authorization, and again: after a 401 with what it asks for, and where the host says that it is busy. Follows
   * the redirects of GET and HEAD. Resolves with any other answer. Rejects: unavailable, unauthorized, cancelled.
   */
  send(request: SessionRequest): Promise<HttpResponse>;
  identityToken(): string | undefined;
}

export interface SessionRequest extends Omit<HttpRequest, 'url'> {
  /** Below `/v2/`, or a whole address that the host gave. */
  readonly target: string | URL;
  /** Such as `repository:library/busybox:pull`. */
  readonly scopes: readonly string[];
  /** The body can be sent once only: no second try. */
  readonly isOnce?: boolean;
}

export interface HostSessionOptions {
  readonly host: string;
  /** Where it is; `https://host`, or without TLS where that is allowed, when absent. */
  readonly base?: string;
  readonly http: HttpClient;
  readonly settings: RegistrySettings;
  readonly credentials: () => Promise<RegistryCredentials | undefined>;
  readonly wantsIdentityToken?: boolean;
}

const REDIRECTS_MAX = 10;

export function createHostSession(options: HostSessionOptions): HostSession {
  const { host, http, settings } = options;
  const isInsecure = (url: URL) => isInsecureHost(url.host, settings);
  const authorizer = createAuthorizer({
    http,
    credentials: options.credentials,
    mayBePlain: (realm) => isInsecureHost(host, settings) || isInsecure(realm),
    nowMs: Date.now,
    ...(options.wantsIdentityToken === true ? { wantsIdentityToken: true } : {}),
  });
  let base: Promise<URL> | undefined;
  const findBase = (signal: AbortSignal | undefined): Promise<URL> => {
    const found = base ?? ping(options, authorizer, signal);
    base = found;
    // The next request tries again.
    found.catch(() => {
      base = undefined;
    });
    return found;
  };
  const address = async (path: string, signal?: AbortSignal) => new URL(path, await findBase(signal));
  return {
    host,
    address,
    identityToken: authorizer.identityToken,
    async send(request) {
      const { target, signal } = request;
      const url = typeof target === 'string' ? await address(target, signal) : target;
      const origin = (await findBase(signal)).origin;
      return await sendPatiently({ http, authorizer, settings, origin }, { ...request, url });
    },
  };
}

/** `GET /v2/`: says whether there is TLS, and what the host asks for, before anything else is sent. */
async function ping(
  options: HostSessionOptions,
  authorizer: Authorizer,
  signal: AbortSignal | undefined,
): Promise<URL> {
  const { host, http, settings } = options;
  const schemes = isInsecureHost(host, settings) ? ['https', 'http'] : ['https'];
  const bases = options.base === undefined ? schemes.map((scheme) => `${scheme}://${host}`) : [options.base];
  for (const [index, text] of bases.entries()) {
    const base = new URL('v2/', `${text}/`);
    try {
      const answer = await http.send({ method: 'GET', url: base, ...(signal && { signal }) });
      answer.discard();
      if (answer.status === 401) authorizer.learn(parseChallenges(answer.header('www-authenticate')), undefined);
      return base;
    } catch (error) {
      if (!(error instanceof TransportError) || index === bases.length - 1) throw error;
    }
  }
  throw new EngineError('internal', `no address for ${host}`);
}

interface Line {
  readonly http: HttpClient;
  readonly authorizer: Authorizer;
  readonly settings: RegistrySettings;
  /** Of the host itself: only it gets the authorization. */
  readonly origin: string;
}

type UrlRequest = SessionRequest & { readonly url: URL };

async function sendPatiently(line: Line, request: UrlRequest): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await trySend(line, request);
    const delayMs = isFinal(outcome, request)
      ? undefined
      : nextDelayMs(attempt, line.settings, readRetryAfter(outcome));
    if (delayMs === undefined) {
      if (outcome instanceof EngineError) throw outcome;
      return outcome;
    }
    if (!(outcome instanceof EngineError)) outcome.discard();
    await pause(delayMs, request.signal);
  }
}

/** A ResponseError is the token server's. */
type Outcome = HttpResponse | TransportError | ResponseError;

function isFinal(outcome: Outcome, { isOnce }: SessionRequest): boolean {
  if (isOnce === true) return true;
  return outcome instanceof TransportError ? !outcome.isTransient : !isTransientStatus(outcome.status);
}

function readRetryAfter(outcome: Outcome): string | undefined {
  return outcome instanceof EngineError ? undefined : outcome.header('retry-after') || undefined;
}

async function trySend(line: Line, request: UrlRequest): Promise<Outcome> {
  try {
    return await sendAuthorized(line, request);
  } catch (error) {
    if (error instanceof TransportError) return error;
    if (error instanceof ResponseError && isTransientStatus(error.status)) return error;
    throw error;
  }
}

async function sendAuthorized(line: Line, request: UrlRequest): Promise<HttpResponse> {
  const { scopes, signal } = request;
  const isOwn = request.url.origin === line.origin;
  const authorization = isOwn ? await line.authorizer.authorize(scopes, signal) : undefined;
  const answer = await sendFollowing(line, request, authorization);
  if (answer.status !== 401 || !isOwn || request.isOnce === true) return answer;
  const challenges = parseChallenges(answer.header('www-authenticate'));
  if (!line.authorizer.learn(challenges, authorization)) return answer;
  answer.discard();
  return await sendFollowing(line, request, await line.authorizer.authorize(scopes, signal));
}

/** The authorization stays with the host that it is for; a redirect to another one goes without (distribution-spec, "Pulling blobs"). */
async function sendFollowing(
  line: Line,
  request: UrlRequest,
  authorization: string | undefined,
): Promise<HttpResponse> {
  const { method, headers = {}, body, signal } = request;
  let { url } = request;
  for (let count = 0; count <= REDIRECTS_MAX; count++) {
    const isOwn = url.origin === request.url.origin;
    const answer = await line.http.send({
      method,
      url,
      headers: { ...headers, ...(authorization === undefined || !isOwn ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const location = answer.header('location');
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && (method === 'GET' || method === 'HEAD');
    if (!isRedirect || location === '') return answer;
    answer.discard();
    url = checkRedirect(url, location);
  }
  throw new EngineError('unavailable', `stopped after ${REDIRECTS_MAX} redirects`);
}

function checkRedirect(from: URL, location: string): URL {
  const to = parseHttpAddress(location, from);
  if (to === undefined) {
    throw new EngineError('invalid-argument', `${from.origin} redirects to an invalid address`);
  }
  if (losesTls(from, to)) {
    throw new EngineError('permission-denied', `${from.origin} redirects to ${to.origin}, which has no TLS`);
  }
  return to;
}

/** The answer, or the error that it is. Rejects: what a registry's refusal means. */
export async function expectStatus(
  answer: HttpResponse,
  method: string,
  ...statuses: readonly number[]
): Promise<HttpResponse> {
  if (statuses.includes(answer.status)) return answer;
  throw await toResponseError(answer, method);
}
