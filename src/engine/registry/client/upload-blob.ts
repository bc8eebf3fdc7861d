import type { EngineError } from '../../../model/errors.js';
import { expectStatus } from './host-session.js';
import type { HttpResponse } from './http-client.js';
import { ResponseError } from './response-error.js';
import { nextDelayMs, pause } from './retry.js';
import { TransportError } from './transport-error.js';
import { sendChunks } from './upload-chunks.js';
import { readLocation, startUpload, type UploadedBlob, type UploadTarget } from './upload-session.js';

export interface UploadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number) => void;
  /** An upload that the registry began where it could not mount. */
  readonly begun?: HttpResponse;
}

/** Of registries that take no blob in one piece; some take no larger ones. */
const FALLBACK_CHUNK_BYTES = 4 << 20;

/**
 * Sends a blob: in one piece, or in pieces where the settings or the registry want it. Begins anew where the connection breaks.
 * An upload that fails or is cancelled is called off. distribution-spec, "Pushing blobs". Rejects: unauthorized,
 * permission-denied, unavailable, cancelled, invalid-argument.
 */
export async function uploadBlob(target: UploadTarget, blob: UploadedBlob, options: UploadOptions = {}): Promise<void> {
  const wanted = target.settings.uploadChunkBytes;
  let chunkBytes = wanted !== undefined && blob.size > wanted ? wanted : undefined;
  const { begun: mounting, ...more } = options;
  let begun = mounting;
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryUpload(target, blob, { ...more, ...(begun && { begun }), chunkBytes });
    if (outcome === undefined) return;
    begun = undefined;
    const isTooLarge = outcome instanceof ResponseError && [405, 413, 416].includes(outcome.status);
    if (isTooLarge && chunkBytes === undefined) {
      chunkBytes = FALLBACK_CHUNK_BYTES;
      continue;
    }
    const delayMs = isTransient(outcome) ? nextDelayMs(attempt, target.settings) : undefined;
    if (delayMs === undefined) throw outcome;
    await pause(delayMs, options.signal);
  }
}

function isTransient(error: EngineError): boolean {
  if (error instanceof TransportError) return !error.isTls;
  return error instanceof ResponseError && error.kind === 'unavailable';
}

type TryOptions = UploadOptions & { readonly chunkBytes: number | undefined };

/** The failure; undefined when the registry has the blob. */
async function tryUpload(
  target: UploadTarget,
  blob: UploadedBlob,
  options: TryOptions,
): Promise<EngineError | undefined> {
  const begun = options.begun ?? (await startUpload(target, '', options.signal));
  const location = readLocation(begun);
  const place = { location };
  try {
    if (options.chunkBytes === undefined) await sendWhole(target, location, blob, options);
    else {
      const least = Number(/^\d+$/.exec(begun.header('oci-chunk-min-length'))?.[0] ?? 0);
      await sendChunks(target, blob, { ...options, place, chunkBytes: Math.max(options.chunkBytes, least) });
    }
    return undefined;
  } catch (error) {
    await callOff(target, place.location);
    if (error instanceof TransportError || error instanceof ResponseError) return error;
    throw error;
  }
}

async function sendWhole(
  { session, scopes }: UploadTarget,
  location: URL,
  blob: UploadedBlob,
  options: UploadOptions,
): Promise<void> {
  const url = new URL(location);
  url.searchParams.set('digest', blob.digest);
  const answer = await session.send({
    method: 'PUT',
    target: url,
    scopes,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
    body: count(blob.read(), options.onProgress),
    isOnce: true,
    ...(options.signal && { signal: options.signal }),
  });
  await expectStatus(answer, 'PUT', 201, 204);
  answer.discard();
}

async function* count(
  source: AsyncIterable<Uint8Array>,
  onProgress: UploadOptions['onProgress'],
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const bytes of source) {
    yield bytes;
    doneBytes += bytes.length;
    onProgress?.(doneBytes);
  }
}

const CALL_OFF_TIMEOUT_MS = 2_000;

/** What the registry has of it is of no use; one that cannot be told throws it away by itself. */
async function callOff({ session, scopes }: UploadTarget, location: URL): Promise<void> {
  const signal = AbortSignal.timeout(CALL_OFF_TIMEOUT_MS);
  try {
    const answer = await session.send({ method: 'DELETE', target: location, scopes, isOnce: true, signal });
    answer.discard();
  } catch {
    // See above.
  }
}
