import { EngineError } from '../../../model/errors.js';
import type { Digest } from '../../../model/ids.js';
import { expectStatus, type HostSession } from './host-session.js';
import { losesTls, parseHttpAddress } from './http-address.js';
import type { HttpResponse } from './http-client.js';
import type { RegistrySettings } from './registry-settings.js';

export interface UploadedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** From its beginning; called again for another try. */
  read(): AsyncIterable<Uint8Array>;
}

/** Where a blob goes to. */
export interface UploadTarget {
  readonly session: HostSession;
  readonly path: string;
  readonly scopes: readonly string[];
  readonly settings: Pick<RegistrySettings, 'maxAttempts' | 'retryDelayMs' | 'uploadChunkBytes'>;
}

/** `POST uploads/`, resolved with its 202, or with 201 where a mount was asked for and done. */
export async function startUpload(
  { session, path, scopes }: UploadTarget,
  query: string,
  signal: AbortSignal | undefined,
  more: readonly string[] = [],
): Promise<HttpResponse> {
  const answer = await session.send({
    method: 'POST',
    target: `/v2/${path}/blobs/uploads/${query}`,
    scopes: [...scopes, ...more],
    headers: { 'content-length': '0' },
    ...(signal && { signal }),
  });
  await expectStatus(answer, 'POST', 202, ...(query === '' ? [] : [201]));
  answer.discard();
  return answer;
}

/** Where to send the next part; may be relative and have a query. */
export function readLocation(answer: HttpResponse): URL {
  const text = answer.header('location');
  const url = text === '' ? undefined : parseHttpAddress(text, answer.url);
  if (url === undefined || losesTls(answer.url, url)) {
    throw new EngineError('invalid-argument', `${answer.url.origin} gives an invalid address to upload to: "${text}"`);
  }
  return url;
}
