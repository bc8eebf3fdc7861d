import { expectStatus } from './host-session.js';
import type { HttpResponse } from './http-client.js';
import { nextDelayMs, pause } from './retry.js';
import { TransportError } from './transport-error.js';
import { readLocation, type UploadedBlob, type UploadTarget } from './upload-session.js';

export interface ChunkOptions {
  readonly chunkBytes: number;
  /** Where the next part goes; moves with each answer. */
  readonly place: { location: URL };
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number) => void;
}

/**
 * Sends a blob in pieces, `PATCH` by `PATCH`, then closes it. A piece whose connection breaks is sent again from where the
 * registry says it is. distribution-spec, "Pushing a blob in chunks".
 */
export async function sendChunks(target: UploadTarget, blob: UploadedBlob, options: ChunkOptions): Promise<void> {
  let doneBytes = 0;
  for await (const chunk of cut(blob.read(), options.chunkBytes)) {
    await sendChunk(target, { chunk, from: doneBytes }, options);
    doneBytes += chunk.length;
    options.onProgress?.(doneBytes);
  }
  const url = new URL(options.place.location);
  url.searchParams.set('digest', blob.digest);
  const headers = { 'content-length': '0' };
  const answer = await target.session.send({
    method: 'PUT',
    target: url,
    scopes: target.scopes,
    headers,
    ...signalOf(options),
  });
  await expectStatus(answer, 'PUT', 201, 204);
  answer.discard();
}

interface Chunk {
  readonly chunk: Buffer;
  readonly from: number;
}

async function sendChunk(target: UploadTarget, { chunk, from }: Chunk, options: ChunkOptions): Promise<void> {
  const end = from + chunk.length;
  let at = from;
  for (let attempt = 1; at < end; attempt++) {
    try {
      await patch(target, { chunk: chunk.subarray(at - from), from: at }, options);
      at = end;
    } catch (error) {
      const delayMs =
        error instanceof TransportError && !error.isTls ? nextDelayMs(attempt, target.settings) : undefined;
      if (delayMs === undefined) throw error;
      await pause(delayMs, options.signal);
      at = Math.min(Math.max(from, await askOffset(target, options)), end);
    }
  }
}

async function patch(target: UploadTarget, { chunk, from }: Chunk, options: ChunkOptions): Promise<void> {
  const answer = await target.session.send({
    method: 'PATCH',
    target: options.place.location,
    scopes: target.scopes,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(chunk.length),
      // Of the distribution-spec, not of HTTP: without a unit.
      'content-range': `${from}-${from + chunk.length - 1}`,
    },
    body: chunk,
    isOnce: true,
    ...signalOf(options),
  });
  moveOn(await expectStatus(answer, 'PATCH', 202, 204), options);
}

/** How many bytes the registry has: `Range: 0-99` are a hundred, and none where it says nothing. */
async function askOffset(target: UploadTarget, options: ChunkOptions): Promise<number> {
  const { location } = options.place;
  const answer = await target.session.send({
    method: 'GET',
    target: location,
    scopes: target.scopes,
    ...signalOf(options),
  });
  const range = /^(?:bytes[= ])?0-(\d+)$/.exec((await expectStatus(answer, 'GET', 204, 202, 200)).header('range'));
  moveOn(answer, options);
  return range === null ? 0 : Number(range[1]) + 1;
}

function moveOn(answer: HttpResponse, { place }: ChunkOptions): void {
  answer.discard();
  if (answer.header('location') !== '') place.location = readLocation(answer);
}

function signalOf({ signal }: ChunkOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Pieces of one size, the last one smaller. */
async function* cut(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of source) {
    let rest = bytes;
    while (length + rest.length >= size) {
      const taken = rest.subarray(0, size - length);
      yield Buffer.concat([...held, taken]);
      rest = rest.subarray(taken.length);
      held = [];
      length = 0;
    }
    held.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(held);
}
