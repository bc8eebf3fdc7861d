import type { Descriptor } from '../../../model/descriptor.js';
import { EngineError } from '../../../model/errors.js';
import { type Digest, isDigest } from '../../../model/ids.js';
import { MANIFEST_BYTES_MAX } from '../../../model/manifest.js';
import { MANIFEST_TYPES, parseContentType } from '../../../model/media-types.js';
import { digestOf } from '../../content/digest.js';
import { expectStatus, type HostSession } from './host-session.js';
import type { HttpResponse } from './http-client.js';
import { listReferrers } from './list-referrers.js';

/** One repository of one registry. Tags and digests are `references`, as distribution-spec calls them. */
export interface Repository {
  /** Without the host: `library/busybox`. */
  readonly path: string;
  readonly session: HostSession;
  /** The bytes of a manifest, which are those of the digest they come with. Rejects: not-found, unauthorized, unavailable. */
  fetchManifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest>;
  /** The digest that a reference means now; undefined where the registry does not say, or has none. */
  findDigest(reference: string, signal?: AbortSignal): Promise<Digest | undefined>;
  /**
   * Manifests that name the digest as their subject, by the registry's own list or by the tag that stands for one; none where there is
   * neither. distribution-spec, "Listing Referrers".
   */
  listReferrers(digest: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]>;
  /** The bytes of a blob from `fromByte` on; they are not verified. */
  openBlob(digest: Digest, fromByte: number, signal?: AbortSignal): Promise<OpenedBlob>;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  /** Of the answer; empty where it has none. */
  readonly contentType: string;
}

export interface OpenedBlob {
  /** Where the bytes begin: 0 where the registry does not know ranges. */
  readonly startsAt: number;
  /** Of the whole blob, where the registry says so. */
  readonly totalBytes?: number;
  read(): AsyncGenerator<Buffer>;
  discard(): void;
}

/** The same; undefined where there is none. */
export async function findManifest(
  place: Pick<Repository, 'fetchManifest'>,
  reference: string,
  signal?: AbortSignal,
): Promise<FetchedManifest | undefined> {
  try {
    return await place.fetchManifest(reference, signal);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

export function createRepository(session: HostSession, path: string): Repository {
  const scopes = [`repository:${path}:pull`];
  const accept = MANIFEST_TYPES.join(', ');
  const ask = (
    method: 'GET' | 'HEAD',
    target: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) => session.send({ method, target: `/v2/${path}/${target}`, scopes, headers, ...(signal && { signal }) });
  return {
    path,
    session,
    async fetchManifest(reference, signal) {
      const answer = await ask('GET', `manifests/${reference}`, { accept }, signal);
      await expectStatus(answer, 'GET', 200);
      const bytes = await answer.readSmall(MANIFEST_BYTES_MAX);
      const expected = isDigest(reference) ? reference : readDigest(answer);
      return {
        bytes,
        digest: checkDigest(bytes, expected),
        contentType: parseContentType(answer.header('content-type')),
      };
    },
    async findDigest(reference, signal) {
      const answer = await ask('HEAD', `manifests/${reference}`, { accept }, signal);
      answer.discard();
      return answer.status === 200 ? readDigest(answer) : undefined;
    },
    listReferrers: (digest, signal) => listReferrers({ session, path }, digest, signal),
    async openBlob(digest, fromByte, signal) {
      const headers = { accept: '*/*', ...(fromByte === 0 ? {} : { range: `bytes=${fromByte}-` }) };
      const answer = await ask('GET', `blobs/${digest}`, headers, signal);
      await expectStatus(answer, 'GET', 200, 206);
      return toOpenedBlob(answer, fromByte);
    },
  };
}

function readDigest(answer: HttpResponse): Digest | undefined {
  const text = answer.header('docker-content-digest');
  return isDigest(text) ? text : undefined;
}

function checkDigest(bytes: Buffer, expected: Digest | undefined): Digest {
  const digest = digestOf(bytes);
  if (expected === undefined || expected === digest) return digest;
  throw new EngineError('invalid-argument', `manifest verification failed for digest ${expected}`);
}

/** `Content-Range: bytes 100-199/200`; RFC 9110, 14.4 */
function toOpenedBlob(answer: HttpResponse, fromByte: number): OpenedBlob {
  const blob = { read: answer.read, discard: answer.discard };
  if (answer.status === 200) {
    const length = answer.header('content-length');
    return { ...blob, startsAt: 0, ...(/^\d+$/.test(length) ? { totalBytes: Number(length) } : {}) };
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range'));
  if (range === null || Number(range[1]) !== fromByte) {
    answer.discard();
    throw new EngineError(
      'unavailable',
      `the registry answers with another range than was asked for: ${answer.url.origin}`,
    );
  }
  return { ...blob, startsAt: fromByte, ...(range[2] === '*' ? {} : { totalBytes: Number(range[2]) }) };
}
