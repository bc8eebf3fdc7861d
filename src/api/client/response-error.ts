import { EngineError, type ErrorKind, messageOf } from '../../model/errors.js';
import { parseJson, toObject, toText } from '../../model/json-values.js';

/** The kind for each status of Docker's API: the other direction of server/status.ts. */
const KIND_OF: Readonly<Record<number, ErrorKind>> = {
  304: 'not-modified',
  400: 'invalid-argument',
  401: 'unauthorized',
  403: 'permission-denied',
  404: 'not-found',
  405: 'not-implemented',
  409: 'conflict',
  499: 'cancelled',
  501: 'not-implemented',
  503: 'unavailable',
};

/** What dockerd says with a status that says less: 20.10 answers 500 to much that is the caller's mistake. */
const KIND_OF_TEXT: readonly (readonly [RegExp, ErrorKind])[] = [
  [/executable file not found|no such file or directory: unknown$/i, 'command-not-found'],
  [/exec: .*permission denied/i, 'command-not-executable'],
  [/multiple IDs found with provided prefix/i, 'invalid-argument'],
  [/is not paused$/i, 'conflict'],
  [/\b(pull access denied|authentication required|unauthorized:)/i, 'unauthorized'],
  [/\b(manifest unknown|manifest for .* not found|repository .* not found)/i, 'not-found'],
  [/\b(dial tcp|no such host|connection refused|i\/o timeout|TLS handshake timeout)\b/i, 'unavailable'],
];

/** Statuses that say what is meant whatever the text is. */
const CLEAR: readonly number[] = [304, 401, 403, 404, 409, 501];

/** The error that an answer is. `body` is what came with it. */
export function toEngineError(status: number, body: string): EngineError {
  const message = readMessage(body) || `the engine answered with status ${status}`;
  return new EngineError(kindOf(status, message), message);
}

/** The error of a stream whose status was sent before it failed. */
export function toStreamError(message: string): EngineError {
  return new EngineError(kindOf(500, message), message);
}

function kindOf(status: number, message: string): ErrorKind {
  const told = CLEAR.includes(status) ? undefined : KIND_OF_TEXT.find(([pattern]) => pattern.test(message))?.[1];
  return told ?? KIND_OF[status] ?? 'internal';
}

/** Attach answers in plain text, podman with `cause` and `message`. */
function readMessage(body: string): string {
  try {
    return toText(toObject(parseJson(Buffer.from(body), 'the answer'))['message']).trim();
  } catch {
    // Not JSON: the text itself is what is said.
    return body.trim();
  }
}

/** What a connection that could not be made is, in the words of docker's own client. */
export function toConnectionError(error: unknown, url: string): EngineError {
  if (error instanceof EngineError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = messageOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `permission denied while trying to connect to the Docker daemon socket at ${url}: ${reason}`;
    return new EngineError('permission-denied', message, { cause: error });
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    const message = `Cannot connect to the Docker daemon at ${url}. Is the docker daemon running?`;
    return new EngineError('unavailable', message, { cause: error });
  }
  return new EngineError('unavailable', `error during connect: ${url}: ${reason}`, { cause: error });
}
