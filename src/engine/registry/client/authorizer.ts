import { EngineError } from '../../../model/errors.js';
import { parseJson, toObject, toText } from '../../../model/json-values.js';
import type { RegistryCredentials } from '../../../model/registry.js';
import type { AuthChallenge } from './auth-challenge.js';
import { formatBasicAuthorization } from './basic-authorization.js';
import { parseHttpAddress } from './http-address.js';
import type { HttpClient, HttpResponse } from './http-client.js';
import { toResponseError } from './response-error.js';

/**
 * Makes the `Authorization` header for one registry. distribution.github.io/distribution/spec/auth/token
 *
 *     client ── GET /v2/ ──▶ registry: 401, WWW-Authenticate: Bearer realm, service
 *     client ── GET realm?service&scope, Basic ──▶ token server: {"token", "expires_in"}
 *     client ── GET /v2/NAME/…, Authorization: Bearer token ──▶ registry
 */
export interface Authorizer {
  /** Undefined while nothing is asked for. Rejects: unauthorized, unavailable, invalid-argument. */
  authorize(scopes: readonly string[], signal?: AbortSignal): Promise<string | undefined>;
  /** Takes in what a 401 asks for. False: what was sent is all there is. */
  learn(challenges: readonly AuthChallenge[], sent: string | undefined): boolean;
  /** A token that `login` may keep in place of the password, where the token server has given one. */
  identityToken(): string | undefined;
}

export interface AuthorizerOptions {
  readonly http: HttpClient;
  /** Asked once, and only where a registry wants to know. */
  readonly credentials: () => Promise<RegistryCredentials | undefined>;
  /** True for a token server that may be spoken to without TLS. */
  readonly mayBePlain: (realm: URL) => boolean;
  readonly nowMs: () => number;
  /** Asks the token server for an identity token too. */
  readonly wantsIdentityToken?: boolean;
}

type Method =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string };

interface Token {
  readonly text: string;
  readonly expiresAtMs: number;
}

const CLIENT_ID = 'gantry';
const TOKEN_BYTES_MAX = 1 << 20;
const LIFE_DEFAULT_SECONDS = 60;
/** A token this close to its end is fetched anew: the request with it takes its time. */
const LIFE_MARGIN_MS = 10_000;

export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const tokens = new Map<string, Token>();
  let method: Method = { kind: 'none' };
  let credentials: Promise<RegistryCredentials | undefined> | undefined;
  let identityToken: string | undefined;
  let asked: readonly string[] = [];
  const readCredentials = () => {
    credentials ??= options.credentials();
    return credentials;
  };
  const readToken = async (bearer: Bearer, scopes: readonly string[], signal?: AbortSignal): Promise<string> => {
    const key = scopes.join(' ');
    const known = tokens.get(key);
    if (known !== undefined && known.expiresAtMs - LIFE_MARGIN_MS > options.nowMs()) return known.text;
    const answer = await fetchToken(options, {
      bearer,
      scopes,
      credentials: await readCredentials(),
      ...(signal && { signal }),
    });
    identityToken = answer.identityToken ?? identityToken;
    tokens.set(key, { text: answer.token, expiresAtMs: options.nowMs() + answer.lifeSeconds * 1_000 });
    return answer.token;
  };
  return {
    identityToken: () => identityToken,
    async authorize(scopes, signal) {
      if (method.kind === 'none') return undefined;
      if (method.kind === 'bearer') {
        return `Bearer ${await readToken(method, [...new Set([...scopes, ...asked])], signal)}`;
      }
      const known = await readCredentials();
      if (known?.kind !== 'password') throw new EngineError('unauthorized', 'no basic auth credentials');
      return toBasic(known);
    },
    learn(challenges, sent) {
      const next = chooseMethod(challenges, options.mayBePlain);
      // What the answer to no request in particular asks for is an example at best.
      if (sent !== undefined) asked = readScopes(challenges);
      if (next === undefined || (next.kind === 'basic' && sent?.startsWith('Basic ') === true)) return false;
      const isKnown = method.kind === next.kind;
      method = next;
      tokens.clear();
      return !isKnown || sent === undefined || sent.startsWith('Bearer ');
    },
  };
}

type Bearer = Extract<Method, { kind: 'bearer' }>;

/** Bearer before Basic: a registry that offers both has a token server, and the password goes to it alone. */
function chooseMethod(challenges: readonly AuthChallenge[], mayBePlain: (realm: URL) => boolean): Method | undefined {
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm') ?? '';
    if (scheme === 'bearer' && realm !== '') {
      return { kind: 'bearer', realm: checkRealm(realm, mayBePlain), service: parameters.get('service') ?? '' };
    }
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { kind: 'basic' } : undefined;
}

function readScopes(challenges: readonly AuthChallenge[]): readonly string[] {
  return challenges.flatMap(({ parameters }) => (parameters.get('scope') ?? '').split(' ').filter(Boolean));
}

function checkRealm(text: string, mayBePlain: (realm: URL) => boolean): URL {
  const realm = parseHttpAddress(text);
  if (realm === undefined) {
    throw new EngineError('invalid-argument', `the registry names an invalid token server: "${text}"`);
  }
  if (realm.protocol === 'http:' && !mayBePlain(realm)) {
    throw new EngineError(
      'permission-denied',
      `the token server ${realm.origin} has no TLS: no credentials are sent to it`,
    );
  }
  return realm;
}

interface TokenRequest {
  readonly bearer: Bearer;
  readonly scopes: readonly string[];
  readonly credentials: RegistryCredentials | undefined;
  readonly signal?: AbortSignal;
}

async function fetchToken({ http, wantsIdentityToken = false }: AuthorizerOptions, request: TokenRequest) {
  const { bearer, scopes, credentials, signal } = request;
  const fields = new URLSearchParams();
  if (bearer.service !== '') fields.set('service', bearer.service);
  const more = signal === undefined ? {} : { signal };
  if (credentials?.kind === 'identity-token') {
    fields.set('grant_type', 'refresh_token');
    fields.set('refresh_token', credentials.token);
    fields.set('client_id', CLIENT_ID);
    fields.set('scope', scopes.join(' '));
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = Buffer.from(fields.toString());
    return await readTokenAnswer(await http.send({ method: 'POST', url: bearer.realm, headers, body, ...more }));
  }
  for (const scope of scopes) fields.append('scope', scope);
  if (credentials !== undefined) fields.set('account', credentials.username);
  if (wantsIdentityToken) {
    fields.set('client_id', CLIENT_ID);
    fields.set('offline_token', 'true');
  }
  const url = new URL(bearer.realm);
  for (const [name, value] of fields) url.searchParams.append(name, value);
  const headers = credentials === undefined ? {} : { authorization: toBasic(credentials) };
  return await readTokenAnswer(await http.send({ method: 'GET', url, headers, ...more }));
}

async function readTokenAnswer(answer: HttpResponse) {
  if (answer.status !== 200) throw await toResponseError(answer, 'GET');
  const fields = toObject(parseJson(await answer.readSmall(TOKEN_BYTES_MAX), 'the answer of the token server'));
  const token = toText(fields['token']) || toText(fields['access_token']);
  // A header is made of it.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new EngineError('unauthorized', 'authorization server did not include a token in the response');
  }
  const life = fields['expires_in'];
  const refresh = toText(fields['refresh_token']);
  return {
    token,
    lifeSeconds: typeof life === 'number' && life > LIFE_DEFAULT_SECONDS ? life : LIFE_DEFAULT_SECONDS,
    ...(refresh === '' ? {} : { identityToken: refresh }),
  };
}

function toBasic({ username, password }: Extract<RegistryCredentials, { kind: 'password' }>): string {
  return formatBasicAuthorization(username, password);
}
