import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { serveApi } from '../../src/api/server/serve-api.js';
import type { Engine } from '../../src/engine/engine.js';
import type { LocalEngineOptions } from '../../src/engine/local-engine.js';
import type { RunningApi } from '../../src/model/api-options.js';
import { type EngineWorld, makeEngineWorld } from './engine-world.js';
import { readAll } from './image-fixtures.js';

export interface ApiRequestOptions {
  readonly headers?: Readonly<Record<string, string | number>>;
  /** An object is sent as JSON. */
  readonly body?: object | string | Uint8Array;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON. */
  json(): ReturnType<typeof JSON.parse>;
  /** The body as one JSON object a line. */
  lines(): readonly ReturnType<typeof JSON.parse>[];
}

/** A connection that was upgraded: `head` is what came with the answer's own head. */
export interface Upgraded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly head: Buffer;
}

/** A client of Docker's API at a unix socket. */
export interface ApiClient {
  /** One request on a connection of its own. */
  send(method: string, path: string, options?: ApiRequestOptions): Promise<ApiAnswer>;
  /** The same, resolved when the answer begins; whoever has read enough destroys it. */
  stream(method: string, path: string, options?: ApiRequestOptions): Promise<IncomingMessage>;
  /** A request to turn the connection into a stream. Rejects where the server does not. */
  upgrade(path: string, options?: ApiRequestOptions): Promise<Upgraded>;
}

/** Docker's API of a real engine with the image `busybox`, at a socket of the test's own. */
export interface ApiWorld extends EngineWorld, ApiClient {
  readonly engine: Engine;
  readonly socketPath: string;
  /** As `DOCKER_HOST` takes it. */
  readonly host: string;
  /** What the server tells whoever runs it: nothing that a client does may be among it. */
  readonly warnings: readonly string[];
}

/** All of it has ended with the test. */
export async function openApi(t: TestContext, more: Partial<LocalEngineOptions> = {}): Promise<ApiWorld> {
  let api: RunningApi | undefined;
  // Before what it serves goes.
  t.after(() => api?.stop());
  // The user's own credentials and proxies are not for tests.
  const world = makeEngineWorld(t, { env: { HOME: '/nonexistent' }, ...more });
  const engine = await world.open();
  const socketPath = join(world.folder, 'api.sock');
  const warnings: string[] = [];
  api = await serveApi(engine, {
    endpoints: [{ kind: 'unix', path: socketPath }],
    warn: (message, error) => void warnings.push(`${message}: ${String(error)}`),
  });
  return { ...world, ...createApiClient(socketPath), engine, socketPath, host: `unix://${socketPath}`, warnings };
}

export function createApiClient(socketPath: string): ApiClient {
  const stream: ApiClient['stream'] = (method, path, options) => sendRequest({ socketPath, method, path }, options);
  return {
    stream,
    send: async (method, path, options) => readAnswer(await stream(method, path, options)),
    upgrade: (path, options) => sendUpgrade({ socketPath, method: 'POST', path }, options),
  };
}

interface Target {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
}

function sendRequest(target: Target, { headers, body }: ApiRequestOptions = {}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request({ ...target, headers: { ...typeOf(body), ...headers }, agent: false }, resolve);
  asked.on('error', reject);
  asked.end(toBytes(body));
  return promise;
}

function sendUpgrade(target: Target, { headers, body }: ApiRequestOptions = {}): Promise<Upgraded> {
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
  const bytes = toBytes(body) ?? '';
  const upgrade = { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Length': Buffer.byteLength(bytes) };
  const asked = request({ ...target, headers: { ...typeOf(body), ...upgrade, ...headers }, agent: false });
  asked.on('error', reject);
  asked.on('response', (response) => {
    response.resume();
    reject(new Error(`${target.path} is not upgraded: ${response.statusCode}`));
  });
  asked.on('upgrade', (response, socket, head) => {
    resolve({ status: response.statusCode ?? 0, headers: response.headers, socket: socket as Socket, head });
  });
  asked.end(bytes);
  return promise;
}

async function readAnswer(response: IncomingMessage): Promise<ApiAnswer> {
  const body = await readAll(response);
  const text = body.toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    ...{ body, text },
    json: () => JSON.parse(text),
    lines: () =>
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line)),
  };
}

function typeOf(body: ApiRequestOptions['body']): Readonly<Record<string, string>> {
  return isBytes(body) ? {} : { 'Content-Type': 'application/json' };
}

function toBytes(body: ApiRequestOptions['body']): string | Uint8Array | undefined {
  return isBytes(body) ? body : JSON.stringify(body);
}

function isBytes(body: ApiRequestOptions['body']): body is string | Uint8Array | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}
