import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiAnswer, ApiRequestOptions, ApiWorld } from './api.js';

/** A request that no engine can do, as `METHOD path`. */
export type Row = readonly [request: string, options?: ApiRequestOptions];

export const LONG = 'x'.repeat(300);
export const HEX = 'a'.repeat(64);

export function json(body: unknown): ApiRequestOptions {
  return { body: body as object };
}

export function raw(body: string | Uint8Array, type = 'application/json'): ApiRequestOptions {
  return { body, headers: { 'Content-Type': type } };
}

export function filters(value: unknown): string {
  return `filters=${encodeURIComponent(JSON.stringify(value))}`;
}

/** What no route's filters can be. */
export const BAD_FILTERS: readonly string[] = [
  'filters={',
  'filters=[]',
  'filters=1',
  'filters="x"',
  filters({ nonsense: ['x'] }),
  filters({ label: 'x' }),
  filters({ label: { x: 1 } }),
  filters({ label: [1] }),
];

/** What is no JSON of an object, for every route that has a body. */
export const BAD_BODIES: readonly ApiRequestOptions[] = [
  {},
  raw(''),
  raw('{'),
  raw('[]'),
  raw('"x"'),
  raw('1'),
  raw('{}{}'),
  raw('{}', 'text/plain'),
  raw('{}', ''),
  raw(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
];

/** Each is answered with 4xx and a message, and none of them has changed anything; nor is any the server's fault. */
export async function assertRefused(world: ApiWorld, rows: readonly Row[]): Promise<void> {
  const before = await readState(world);
  const odd: string[] = [];
  for (const [request, options] of rows) {
    const [method = '', path = ''] = request.split(' ');
    const { status, headers, text } = await answerInTime(world.send(method, path, options));
    const isRefused = status >= 400 && status < 500 && headers['content-type'] === 'application/json';
    if (!isRefused || !isMessage(text))
      odd.push(`${request} ${JSON.stringify(options)?.slice(0, 200)} ${status} ${text}`);
  }
  assert.deepEqual(odd, []);
  assert.deepEqual(await readState(world), before);
  assert.deepEqual(world.warnings, []);
  // The server is as well as before.
  assert.equal((await world.send('GET', '/_ping')).text, 'OK');
}

const LIMIT_MS = 10_000;
const NO_ANSWER = { status: 0, headers: {} as ApiAnswer['headers'], text: `no answer within ${LIMIT_MS} ms` };

async function answerInTime(answer: Promise<ApiAnswer>): Promise<typeof NO_ANSWER> {
  const end = new AbortController();
  const late = delay(LIMIT_MS, NO_ANSWER, { signal: end.signal });
  // Given up below, where the answer is there.
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    end.abort();
  }
}

export function isMessage(text: string): boolean {
  return /^\{"message":".+"\}\n$/.test(text);
}

export async function readState({ engine, options }: ApiWorld): Promise<object> {
  const [images, networks, volumes, containers] = await Promise.all([
    engine.images.list(),
    engine.networks.list(),
    engine.volumes.list(),
    engine.containers.list({ all: true }),
  ]);
  const list = (path: string) => readdirSync(join(options.root, path), { recursive: true });
  return {
    ...{ images, networks, volumes, containers },
    content: list('content'),
    folders: list('volumes'),
    ofContainers: ['containers', 'writable'].map((path) => readdirSync(join(options.root, path)).sort()),
  };
}
