import { EngineError } from '../../model/errors.js';
import type { GivenCredentials } from '../../model/registry.js';
import { readGoJson } from '../wire/go-json.js';
import { fromWireAuth, registryAuthSchema } from '../wire/registry-auth.js';
import type { ApiRequest } from './api-request.js';
import { readOptionalJson } from './json-body.js';

/**
 * The header `X-Registry-Auth`, JSON in base64. Without it, and where it is empty, nothing: what the daemon's own user has logged in with
 * is not for its clients. Throws invalid-argument.
 */
export function readRegistryAuth({ headers }: Pick<ApiRequest, 'headers'>): GivenCredentials {
  const text = String(headers['x-registry-auth'] ?? '').trim();
  return text === '' ? 'none' : fromWireAuth(readGoJson(registryAuthSchema, decode(text)));
}

/** Where clients before that header put it. Rejects: invalid-argument, in Docker's words where there is neither. */
export async function readBodyAuth(request: ApiRequest): Promise<GivenCredentials> {
  const auth = await readOptionalJson(request, registryAuthSchema);
  if (auth !== undefined) return fromWireAuth(auth);
  throw new EngineError('invalid-argument', 'bad parameters and missing X-Registry-Auth: EOF');
}

function decode(text: string): unknown {
  // Both alphabets: RFC 4648, 4 and 5.
  if (!/^[\w+/-]+={0,2}$/.test(text)) throw invalid('illegal base64 data');
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw invalid('it is no JSON in base64');
  }
}

function invalid(what: string): EngineError {
  return new EngineError('invalid-argument', `invalid X-Registry-Auth header: ${what}`);
}
