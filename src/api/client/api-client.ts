import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ByteStream } from '../../engine/engine.js';
import { EngineError, messageOf } from '../../model/errors.js';
import { toConnectionError, toEngineError } from './response-error.js';

export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** With the version left out. */
  readonly path: string;
  /** What is undefined or false is left out, true is 1; a list is given once for each of its members. */
  readonly query?: Query | undefined;
  /** An object is sent as JSON. */
  readonly body?: object | ByteStream | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A connection that has become a stream of its own. */
export interface Upgraded {
  readonly socket: Socket;
  /** What came with the answer's head. */
  readonly head: Buffer;
}

/** Docker's API of one endpoint, in one version. Everything rejects with EngineError. */
export interface ApiClient {
  readonly apiVersion: string;
  /** How many requests at once are fair to the endpoint. */
  readonly parallel: number;
  /** Resolves with the answer's head; the caller reads its body to the end or destroys it. */
  send(request: ApiRequest): Promise<IncomingMessage>;
  json(request: ApiRequest): Promise<unknown>;
  /** For answers without anything in them. */
  run(request: ApiRequest): Promise<void>;
  /**
   * `send` for an answer that begins at once and goes on: what is changed afterwards waits until it has begun, so that what it is
   * asked for is not missed.
   */
  follow(request: ApiRequest): Promise<IncomingMessage>;
  upgrade(request: ApiRequest): Promise<Upgraded>;
  close(): void;
}

export interface ApiClientOptions {
  readonly agent: Agent;
  /** As `--host` takes it. */
  readonly url: string;
  readonly apiVersion: string;
  readonly parallel: number;
}

/** An endpoint that sends no head before it has something to say does not hold up everything. */
const OPENING_LIMIT_MS = 1000;

export function createApiClient({ agent, url, apiVersion, parallel }: ApiClientOptions): ApiClient {
  const opening = new Set<Promise<unknown>>();
  const ask = (asked: ApiRequest, more: Readonly<Record<string, string>> = {}) =>
    makeRequest({ agent, apiVersion }, asked, more);
  const send: ApiClient['send'] = async (asked) => {
    if (asked.method !== 'GET' && asked.method !== 'HEAD' && opening.size > 0) await settle(opening);
    return await receive(ask(asked), asked, url);
  };
  return {
    apiVersion,
    parallel,
    send,
    json: async (asked) => parseBody(await readText(await send(asked), asked)),
    run: async (asked) => void (await readText(await send(asked), asked)),
    follow: (asked) => {
      const answer = (async () => await receive(ask(asked), asked, url))();
      const settled = answer.catch(() => undefined).finally(() => opening.delete(settled));
      opening.add(settled);
      return answer;
    },
    upgrade: async (asked) => {
      if (opening.size > 0) await settle(opening);
      return await receiveUpgraded(ask(asked, { Connection: 'Upgrade', Upgrade: 'tcp' }), asked, url);
    },
    close: () => agent.destroy(),
  };
}

/** True where the version that is spoken is this one or newer. */
export function isVersion({ apiVersion }: Pick<ApiClient, 'apiVersion'>, least: string): boolean {
  return compareVersions(apiVersion, least) >= 0;
}

/** Below 0 where the first is older. */
export function compareVersions(one: string, other: string): number {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major === otherMajor ? minor - otherMinor : major - otherMajor;
}

/** Asks who is there, in no version. The headers are of any answer; the body is not read. */
export async function ping(agent: Agent, url: string): Promise<IncomingMessage['headers']> {
  const asked: ApiRequest = { method: 'GET', path: '/_ping' };
  const answer = await receive(makeRequest({ agent, apiVersion: undefined }, asked, {}), asked, url);
  answer.resume();
  return answer.headers;
}

function makeRequest(
  { agent, apiVersion }: { readonly agent: Agent; readonly apiVersion: string | undefined },
  { method, path, query = {}, body, headers, signal }: ApiRequest,
  more: Readonly<Record<string, string>>,
): ClientRequest {
  if (signal?.aborted === true) throw new EngineError('cancelled', `${method} ${path} was cancelled`);
  const prefix = apiVersion === undefined ? '' : `/v${apiVersion}`;
  const bytes = isStream(body) ? undefined : body && Buffer.from(JSON.stringify(body));
  const asked = request({
    agent,
    method,
    path: `${prefix}${path}${formatQuery(query)}`,
    headers: {
      Host: 'docker',
      'User-Agent': 'Gantry',
      ...(bytes && { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
      ...(isStream(body) && { 'Content-Type': 'application/x-tar' }),
      ...(!body && method === 'POST' && { 'Content-Length': 0 }),
      ...headers,
      ...more,
    },
    ...(signal && { signal }),
  });
  if (isStream(body)) {
    // What breaks here shows in the answer, or in that there is none.
    pipeline(Readable.from(body), asked).catch((error: unknown) => asked.destroy(toError(error)));
  } else {
    asked.end(bytes);
  }
  return asked;
}

function receive(asked: ClientRequest, from: ApiRequest, url: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asked.on('error', (error) => reject(explain(error, from, url)));
  asked.on('response', (answer) => {
    if (isGood(answer)) resolve(answer);
    else void readError(answer, from).then(reject);
  });
  return promise;
}

function receiveUpgraded(asked: ClientRequest, from: ApiRequest, url: string): Promise<Upgraded> {
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
  asked.on('error', (error) => reject(explain(error, from, url)));
  asked.on('upgrade', (_answer, socket, head) => {
    // Whoever reads or writes sees that it is closed; an error that nobody listens to would end the process.
    socket.on('error', () => undefined);
    resolve({ socket: socket as Socket, head });
  });
  asked.on('response', (answer) => {
    if (isGood(answer)) {
      answer.destroy();
      reject(new EngineError('internal', `unable to upgrade to tcp, received ${answer.statusCode}`));
    } else void readError(answer, from).then(reject);
  });
  return promise;
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

async function readError(answer: IncomingMessage, from: ApiRequest): Promise<EngineError> {
  try {
    return toEngineError(answer.statusCode ?? 0, await readText(answer, from));
  } catch (error) {
    return error instanceof EngineError ? error : new EngineError('unavailable', messageOf(error), { cause: error });
  }
}

function explain(error: unknown, { signal, method, path }: ApiRequest, url: string): EngineError {
  if (signal?.aborted === true)
    return new EngineError('cancelled', `${method} ${path} was cancelled`, { cause: error });
  return toConnectionError(error, url);
}

/** The whole body. Rejects: cancelled, unavailable (the connection has broken). */
async function readText(answer: IncomingMessage, { signal, method, path }: ApiRequest): Promise<string> {
  const parts: Buffer[] = [];
  try {
    for await (const bytes of answer) parts.push(bytes as Buffer);
  } catch (cause) {
    if (signal?.aborted === true) throw new EngineError('cancelled', `${method} ${path} was cancelled`, { cause });
    throw new EngineError('unavailable', `the answer to ${method} ${path} broke off: ${messageOf(cause)}`, { cause });
  }
  return Buffer.concat(parts).toString();
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError('internal', `the engine's answer is no JSON: ${text.slice(0, 80)}`, { cause });
  }
}

async function settle(opening: ReadonlySet<Promise<unknown>>): Promise<void> {
  const limit = new AbortController();
  await Promise.race([
    Promise.all(opening),
    delay(OPENING_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined),
  ]);
  limit.abort();
}

function formatQuery(query: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'object') for (const one of value) words.append(name, one);
    else words.append(name, value === true ? '1' : String(value));
  }
  return words.size === 0 ? '' : `?${words}`;
}

function isStream(body: ApiRequest['body']): body is ByteStream {
  return body !== undefined && Symbol.asyncIterator in body;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}
