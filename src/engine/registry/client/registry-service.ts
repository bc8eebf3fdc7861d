import { EngineError } from '../../../model/errors.js';
import { DOCKER_HUB, formatImageReference, parseImageReference } from '../../../model/image-reference.js';
import { parseManifest } from '../../../model/manifest.js';
import type { GivenCredentials } from '../../../model/registry.js';
import type { RegistryService } from '../../engine.js';
import { listTags } from './list-tags.js';
import type { RegistryClient } from './registry-client.js';
import { ResponseError } from './response-error.js';

/** What a user does with registries themselves. */
export function createRegistryService(client: RegistryClient): RegistryService {
  return {
    async login(server, credentials, options = {}) {
      const host = parseServer(server);
      const identityToken = await checkCredentials(client, host, credentials, options.signal);
      const kept =
        identityToken === undefined ? credentials : ({ kind: 'identity-token', token: identityToken } as const);
      const username = credentials.kind === 'password' ? credentials.username : '';
      const plainFile = await client.credentials.save(host, username, kept);
      return plainFile === undefined ? {} : { plainFile };
    },
    authenticate: async (server, credentials, { signal } = {}) =>
      checkCredentials(client, parseServer(server), credentials, signal),
    async checkLogin(server, options = {}) {
      const host = parseServer(server);
      const credentials = await client.credentials.find(host);
      if (credentials === undefined) return undefined;
      await checkCredentials(client, host, credentials, options.signal);
      return (await client.credentials.findUser(host)) ?? '<token>';
    },
    logout: (server) => client.credentials.remove(parseServer(server)),
    search: async (term, options = {}) => await (await import('./search.js')).searchRepositories(client, term, options),
    async manifest(ref, { credentials, signal } = {}) {
      const { domain, path, tag, digest } = parseImageReference(ref);
      const source = await client.openSource({ domain, path }, credentials);
      try {
        const found = await source.fetchManifest(digest ?? tag ?? 'latest', signal);
        const { mediaType } = parseManifest(found.bytes, found.contentType);
        const descriptor = { mediaType, digest: found.digest, size: found.bytes.length };
        const reference = formatImageReference({ domain, path, ...(tag && { tag }), digest: found.digest });
        return { reference, descriptor, bytes: found.bytes };
      } catch (error) {
        if (!(error instanceof ResponseError && error.status === 404)) throw error;
        throw new EngineError('not-found', `no such manifest: ${ref}`, { cause: error });
      } finally {
        await source.close();
      }
    },
    describe: async (ref, options = {}) => {
      const { describeRemoteImage } = await import('./describe-remote-image.js');
      return await describeRemoteImage(client, parseImageReference(ref), options);
    },
    tags: (ref, options = {}) => listTags(client, parseImageReference(ref), options),
  };
}

/** `https://index.docker.io/v1/` is Docker Hub too. Throws: invalid-argument. */
function parseServer(text: string): string {
  const host = text.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (!/^(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d+)?$/.test(host)) {
    throw new EngineError('invalid-argument', `invalid registry "${text}": use host or host:port`);
  }
  return ['index.docker.io', 'registry-1.docker.io'].includes(host) ? DOCKER_HUB : host;
}

/** Asks for nothing but to be let in. Resolves with the token that stands for the password, where there is one. */
async function checkCredentials(
  client: RegistryClient,
  domain: string,
  credentials: GivenCredentials,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { session, close } = await client.openHost(domain, { credentials, wantsIdentityToken: true });
  try {
    const address = await session.address('/v2/', signal);
    const answer = await session
      .send({ method: 'GET', target: '/v2/', scopes: [], ...(signal && { signal }) })
      .catch((error: unknown) => {
        if (!(error instanceof ResponseError)) throw error;
        throw new EngineError(error.kind, `Get "${address.href}": ${error.message}`, { cause: error });
      });
    answer.discard();
    if (answer.status === 200) return session.identityToken();
    const status = answer.status === 401 ? '401 Unauthorized' : String(answer.status);
    const kind = answer.status === 401 ? 'unauthorized' : 'unavailable';
    throw new EngineError(kind, `login attempt to ${address.href} failed with status: ${status}`);
  } finally {
    await close();
  }
}
