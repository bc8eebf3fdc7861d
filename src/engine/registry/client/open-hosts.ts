import { EngineError } from '../../../model/errors.js';
import { DOCKER_HUB } from '../../../model/image-reference.js';
import type { GivenCredentials, RegistryCredentials } from '../../../model/registry.js';
import { createHostSession, type HostSession } from './host-session.js';
import { createHttpClient } from './http-client.js';
import type { Named, OpenedHost, OpenHostOptions, RegistryClient, RegistrySource } from './registry-client.js';
import { createRepository, type Repository } from './repository.js';
import { createTarget, type RegistryTarget } from './target.js';

type Client = Pick<RegistryClient, 'settings' | 'credentials'>;

const HUB_REGISTRY = 'registry-1.docker.io';

export function openTarget(client: Client, { domain, path }: Named, credentials?: GivenCredentials): RegistryTarget {
  const { session, close } = openHost(client, domain, credentials && { credentials });
  return createTarget({ session, path, settings: client.settings, close });
}

export function openHost(
  client: Client,
  domain: string,
  { credentials: given, ...options }: OpenHostOptions = {},
): OpenedHost {
  const http = createHttpClient(client.settings);
  const session = createHostSession({
    ...{ host: hostOf(domain), http, settings: client.settings, ...options },
    credentials: () => chooseCredentials(client, given, domain),
  });
  return { session, close: http.close };
}

/** A repository to read from: mirrors first where the registry has some. */
export function openSource(
  client: Client,
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
  client: Pick<Client, 'credentials'>,
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
