import { EngineError, type ErrorKind } from '../../../model/errors.js';
import { formatRegistryError, parseRegistryErrors, type RegistryErrorEntry } from '../../../model/registry-errors.js';
import { type AuthChallenge, parseChallenges } from './auth-challenge.js';
import type { HttpResponse } from './http-client.js';

/** A registry's answer that says no. `entry` is its reason, or what Docker takes for it where it gives none. */
export class ResponseError extends EngineError {
  readonly status: number;
  readonly entry: RegistryErrorEntry | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    answer: { readonly status: number; readonly entry?: RegistryErrorEntry },
  ) {
    super(kind, message);
    this.status = answer.status;
    this.entry = answer.entry;
  }
}

const ERROR_BYTES_MAX = 64 << 10;
const TEXT_MAX = 500;
const UNAUTHORIZED: RegistryErrorEntry = { code: 'UNAUTHORIZED', message: 'authentication required' };
const DENIED: RegistryErrorEntry = { code: 'DENIED', message: 'requested access to the resource is denied' };

/** Reads the rest of an answer as an error, in the words of Docker's client. */
export async function toResponseError(answer: HttpResponse, method: string): Promise<ResponseError> {
  const { status } = answer;
  const entry =
    (status === 401 ? readChallengeError(parseChallenges(answer.header('www-authenticate'))) : undefined) ??
    (await readBodyError(answer, method)) ??
    (status === 401 ? UNAUTHORIZED : undefined) ??
    (status === 403 ? DENIED : undefined);
  const details = { status, ...(entry === undefined ? {} : { entry }) };
  if (entry !== undefined) return new ResponseError(kindOf(status, entry), clean(formatRegistryError(entry)), details);
  // Only here: it takes longer to load than most commands take.
  const { STATUS_CODES } = await import('node:http');
  const text = `received unexpected HTTP status: ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return new ResponseError(kindOf(status), text, details);
}

function kindOf(status: number, entry?: RegistryErrorEntry): ErrorKind {
  if (entry?.code === 'DENIED') return 'permission-denied';
  if (status === 401 || entry?.code === 'UNAUTHORIZED') return 'unauthorized';
  if (status === 403) return 'permission-denied';
  if (status === 404) return 'not-found';
  return status >= 500 || status === 429 || status === 408 ? 'unavailable' : 'invalid-argument';
}

/** A registry may say in its challenge that a token is good for too little. RFC 6750, 3.1 */
function readChallengeError(challenges: readonly AuthChallenge[]): RegistryErrorEntry | undefined {
  for (const { scheme, parameters } of challenges) {
    const error = scheme === 'bearer' ? parameters.get('error') : undefined;
    const known = error === 'insufficient_scope' ? DENIED : error === 'invalid_token' ? UNAUTHORIZED : undefined;
    if (known !== undefined) return { ...known, message: parameters.get('error_description') ?? known.message };
  }
  return undefined;
}

async function readBodyError(answer: HttpResponse, method: string): Promise<RegistryErrorEntry | undefined> {
  if (method === 'HEAD') {
    answer.discard();
    return undefined;
  }
  try {
    const body: unknown = JSON.parse((await answer.readSmall(ERROR_BYTES_MAX)).toString('utf8'));
    return parseRegistryErrors(body)[0] ?? readDetails(body, answer.status);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'cancelled') throw error;
    // A page of a proxy: the status says more.
    return undefined;
  }
}

/** Token servers say `{"details": "…"}`. */
function readDetails(body: unknown, status: number): RegistryErrorEntry | undefined {
  const details = typeof body === 'object' && body !== null && 'details' in body ? body.details : undefined;
  return typeof details === 'string' && status === 401 ? { code: 'UNAUTHORIZED', message: details } : undefined;
}

/** A stranger's text goes to a terminal: no control characters, and not a page of it. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, TEXT_MAX);
}
