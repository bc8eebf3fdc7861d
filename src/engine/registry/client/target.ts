import { EngineError } from '../../../model/errors.js';
import type { Digest } from '../../../model/ids.js';
import { expectStatus, type HostSession } from './host-session.js';
import type { HttpResponse } from './http-client.js';
import type { RegistrySettings } from './registry-settings.js';
import { createRepository, type FetchedManifest, findManifest } from './repository.js';
import { type UploadOptions, uploadBlob } from './upload-blob.js';
import { startUpload, type UploadedBlob, type UploadTarget } from './upload-session.js';

/** A repository to push to. */
export interface RegistryTarget {
  hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean>;
  /** Takes a blob over from another repository of the same registry; where that cannot be, an upload is begun. */
  mountBlob(digest: Digest, from: string, signal?: AbortSignal): Promise<'mounted' | HttpResponse>;
  uploadBlob(blob: UploadedBlob, options?: UploadOptions): Promise<void>;
  /** What the manifest names must be there before. Rejects: invalid-argument (the registry read other bytes). */
  putManifest(manifest: PushedManifest, signal?: AbortSignal): Promise<PutManifest>;
  /** Of this repository as it is now; undefined where there is none. */
  findManifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest | undefined>;
  close(): Promise<void>;
}

export interface PutManifest {
  /** The registry has taken notice of the manifest's subject, and lists it as a referrer. */
  readonly hasSubject: boolean;
}

export interface PushedManifest {
  /** A tag, or the manifest's digest. */
  readonly reference: string;
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

interface TargetOptions {
  readonly session: HostSession;
  readonly path: string;
  readonly settings: RegistrySettings;
  close(): Promise<void>;
}

export function createTarget({ session, path, settings, close }: TargetOptions): RegistryTarget {
  const target: UploadTarget = { session, path, settings, scopes: [`repository:${path}:pull,push`] };
  const { scopes } = target;
  return {
    close,
    async hasBlob(digest, signal) {
      const place = `/v2/${path}/blobs/${digest}`;
      const answer = await session.send({ method: 'HEAD', target: place, scopes, ...(signal && { signal }) });
      answer.discard();
      if (answer.status === 404) return false;
      await expectStatus(answer, 'HEAD', 200);
      return true;
    },
    async mountBlob(digest, from, signal) {
      const query = new URLSearchParams({ mount: digest, from }).toString();
      const answer = await startUpload(target, `?${query}`, signal, [`repository:${from}:pull`]);
      return answer.status === 201 ? 'mounted' : answer;
    },
    uploadBlob: (blob, options) => uploadBlob(target, blob, options),
    findManifest: (reference, signal) => findManifest(createRepository(session, path), reference, signal),
    async putManifest({ reference, bytes, digest, mediaType }, signal) {
      const answer = await session.send({
        method: 'PUT',
        target: `/v2/${path}/manifests/${reference}`,
        scopes,
        headers: { 'content-type': mediaType, 'content-length': String(bytes.length) },
        body: bytes,
        ...(signal && { signal }),
      });
      await expectStatus(answer, 'PUT', 201, 200);
      answer.discard();
      const read = answer.header('docker-content-digest');
      if (read.startsWith('sha256:') && read !== digest) {
        throw new EngineError('invalid-argument', `the registry read the manifest ${digest} as ${read}`);
      }
      return { hasSubject: answer.header('oci-subject') !== '' };
    },
  };
}
