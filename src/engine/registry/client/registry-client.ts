import type { Descriptor } from '../../../model/descriptor.js';
import type { Digest } from '../../../model/ids.js';
import type { ImageReference } from '../../../model/image-reference.js';
import type { GivenCredentials } from '../../../model/registry.js';
import type { CredentialStore } from './credential-store.js';
import type { HostSession } from './host-session.js';
import type { RegistrySettings } from './registry-settings.js';
import type { FetchedManifest, OpenedBlob } from './repository.js';
import type { RegistryTarget } from './target.js';

/** Registries as this user reaches them. */
export interface RegistryClient {
  readonly settings: RegistrySettings;
  readonly credentials: CredentialStore;
  /** Settings are read anew when they are next used. */
  reread(): void;
  /** A repository to read from, mirrors first where it has some. Connects at the first request; the caller closes it. */
  openSource(reference: Named, credentials?: GivenCredentials): Promise<RegistrySource>;
  /** A repository to write to. Connects at the first request; the caller closes it. */
  openTarget(reference: Named, credentials?: GivenCredentials): Promise<RegistryTarget>;
  /** A registry itself. The caller closes it. */
  openHost(domain: string, options?: OpenHostOptions): Promise<OpenedHost>;
}

export interface OpenHostOptions {
  readonly credentials?: GivenCredentials;
  readonly wantsIdentityToken?: boolean;
}

export interface OpenedHost {
  readonly session: HostSession;
  close(): Promise<void>;
}

export type Named = Pick<ImageReference, 'domain' | 'path'>;

/** A repository wherever it can be read: what one place does not have or cannot give, the next is asked for. */
export interface RegistrySource {
  fetchManifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest>;
  findDigest(reference: string, signal?: AbortSignal): Promise<Digest | undefined>;
  listReferrers(digest: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]>;
  openBlob(digest: Digest, fromByte: number, signal?: AbortSignal): Promise<OpenedBlob>;
  close(): Promise<void>;
}
