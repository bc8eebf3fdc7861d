import type { Descriptor } from '../../../model/descriptor.js';
import { EngineError } from '../../../model/errors.js';
import type { Digest } from '../../../model/ids.js';
import { DOCKER_HUB, type ImageReference } from '../../../model/image-reference.js';
import type { GivenCredentials, RegistryCredentials } from '../../../model/registry.js';
import { type CredentialStore, openCredentialStore } from './credential-store.js';
import { createHostSession, type HostSession } from './host-session.js';
import { createHttpClient } from './http-client.js';
import type { RegistrySettings } from './registry-settings.js';
import { createRepository, type FetchedManifest, type OpenedBlob, type Repository } from './repository.js';
import { createTarget, type RegistryTarget } from './target.js';

/** Registries as this user reaches them. */
export interface RegistryClient {
  readonly settings: RegistrySettings;
  readonly credentials: CredentialStore;
  /** A repository to read from, mirrors first where it has some. Connects at the first request; the caller closes it. */
  openSource(reference: Named, credentials?: GivenCredentials): RegistrySource;
  /** A repository to write to. Connects at the first request; the caller closes it. */
  openTarget(reference: Named, credentials?: GivenCredentials): RegistryTarget;
  /** A registry itself. The caller closes it. */
  openHost(domain: string, options?: OpenHostOptions): OpenedHost;
}

export interface OpenHostOptions {
  readonly credentials?: GivenCredentials;
  readonly wantsIdentityToken?: boolean;
}

export interface OpenedHost {
  readonly session: HostSession;
  close(): Promise<void>;
}

type Named = Pick<ImageReference, 'domain' | 'path'>;

/** A repository wherever it can be read: what one place does not have or cannot give, the next is asked for. */
export interface RegistrySource {
  fetchManifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest>;
  findDigest(reference: string, signal?: AbortSignal): Promise<Digest | undefined>;
  listReferrers(digest: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]>;
  openBlob(digest: Digest, fromByte: number, signal?: AbortSignal): Promise<OpenedBlob>;
  close(): Promise<void>;
}

const HUB_REGISTRY = 'registry-1.docker.io';

/** Reads nothing before it is used: neither the settings nor any credentials. */
export function createRegistryClient(readSettings: () => RegistrySettings): RegistryClient {
  let settings: RegistrySettings | undefined;
  let credentials: CredentialStore | undefined;
  const client: RegistryClient = {
    get settings() {
      settings ??= readSettings();
      return settings;
    },
    get credentials() {
      credentials ??= openCredentialStore(client.settings.env);
      return credentials;
    },
    openSource: (reference, given) => openSource(client, reference, given),
    openTarget({ domain, path }, credentials) {
      const { session, close } = client.openHost(domain, credentials && { credentials });
      return createTarget({ session, path, settings: client.settings, close });
    },
    openHost(domain, { credentials: given, ...options } = {}) {
      const http = createHttpClient(client.settings);
      const session = createHostSession({
        ...{ host: hostOf(domain), http, settings: client.settings, ...options },
        credentials: () => chooseCredentials(client, given, domain),
      });
      return { session, close: http.close };
    },
  };
  return client;
}

function openSource(
  client: RegistryClient,
  { domain, path }: Named,
  given: GivenCredentials | undefined,
): RegistrySource {
  const { settings } = client;
  const http = createHttpClient(settings);
  const open = (host: string, options: { readonly base?: string; readonly own: boolean }): HostSession =>
    createHostSession({
      host,
      http,
      settings,
      ...(options.base === undefined ? {} : { base: options.base }),
      // A mirror is another host: what is meant for the registry is not for it.
      credentials: () =>
        options.own ? chooseCredentials(client, given, domain) : chooseCredentials(client, undefined, host),
    });
  const mirrors =
    domain === DOCKER_HUB ? settings.mirrors.map((base) => open(new URL(base).host, { base, own: false })) : [];
  const own = open(hostOf(domain), { own: true });
  const places = [...mirrors, own].map((session) => createRepository(session, path));
  return {
    fetchManifest: (reference, signal) => tryEach(places, (place) => place.fetchManifest(reference, signal)),
    findDigest: (reference, signal) => tryEach(places, (place) => place.findDigest(reference, signal)),
    // A mirror has what was asked of it, which is no list of what there is.
    listReferrers: (digest, signal) => createRepository(own, path).listReferrers(digest, signal),
    openBlob: (digest, fromByte, signal) => tryEach(places, (place) => place.openBlob(digest, fromByte, signal)),
    close: http.close,
  };
}

async function chooseCredentials(
  client: Pick<RegistryClient, 'credentials'>,
  given: GivenCredentials | undefined,
  host: string,
): Promise<RegistryCredentials | undefined> {
  if (given === 'none') return undefined;
  return given ?? (await client.credentials.find(host));
}

function hostOf(domain: string): string {
  return domain === DOCKER_HUB ? HUB_REGISTRY : domain;
}

/** The last one's failure is the one that counts: it is the registry itself. */
async function tryEach<T>(places: readonly Repository[], work: (place: Repository) => Promise<T>): Promise<T> {
  for (const place of places.slice(0, -1)) {
    try {
      const found = await work(place);
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'cancelled') throw error;
      // A mirror that fails is passed over.
    }
  }
  const last = places.at(-1);
  if (last === undefined) throw new EngineError('internal', 'no registry to ask');
  return await work(last);
}
