import type { z } from 'zod/mini';
import { EngineError } from '../../model/errors.js';
import { readGoJson } from '../wire/go-json.js';
import type { ApiRequest } from './api-request.js';

/** Largest JSON of a request, bytes: a container with thousands of settings is far below it. */
const BODY_MAX = 8 * 1024 * 1024;

/** The JSON of a request in its shape. Rejects: invalid-argument for another type of content, what is no JSON, or no body at all. */
export async function readJsonBody<T extends z.ZodMiniType>(request: ApiRequest, schema: T): Promise<z.output<T>> {
  const body = await readOptionalJson(request, schema);
  if (body !== undefined) return body;
  throw invalid('got EOF while reading request body');
}

/** The same, and undefined where the request has no body. */
export async function readOptionalJson<T extends z.ZodMiniType>(
  request: ApiRequest,
  schema: T,
): Promise<z.output<T> | undefined> {
  const text = await readText(request);
  if (text.trim() === '') return undefined;
  checkType(request.headers['content-type']);
  return readGoJson(schema, parse(text));
}

function checkType(type = ''): void {
  if (/^application\/json\s*(;|$)/i.test(type.trim())) return;
  throw invalid(`unsupported Content-Type header (${type}): must be 'application/json'`);
}

async function readText({ body, headers }: ApiRequest): Promise<string> {
  const tooLarge = invalid(`http: request body too large: more than ${BODY_MAX} bytes`);
  if (Number(headers['content-length'] ?? 0) > BODY_MAX) throw tooLarge;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of body) {
    length += bytes.length;
    if (length > BODY_MAX) throw tooLarge;
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError('invalid-argument', `invalid JSON: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
