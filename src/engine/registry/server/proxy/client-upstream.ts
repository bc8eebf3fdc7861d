import type { RegistryClient, RegistrySource } from '../../client/registry-client.js';
import type { Upstream } from './upstream.js';

/** Repositories that stay connected, with their tokens. */
const OPEN_MAX = 64;

/** Asks the registry at `domain` with the client of `gantry pull`: its credentials, mirrors, certificates and proxies hold. */
export function createClientUpstream(client: RegistryClient, domain: string): Upstream {
  const sources = new Map<string, Promise<RegistrySource>>();
  const find = (path: string): Promise<RegistrySource> => {
    const source = sources.get(path) ?? client.openSource({ domain, path });
    sources.delete(path);
    sources.set(path, source);
    const [oldest] = sources.keys();
    if (sources.size > OPEN_MAX && oldest !== undefined) {
      void sources.get(oldest)?.then((source) => source.close());
      sources.delete(oldest);
    }
    return source;
  };
  return {
    fetchManifest: async (repository, reference) => (await find(repository)).fetchManifest(reference),
    findDigest: async (repository, tag) => (await find(repository)).findDigest(tag),
    openBlob: async (repository, digest) => (await find(repository)).openBlob(digest, 0),
    close: async () => {
      await Promise.all([...sources.values()].map(async (source) => (await source).close()));
    },
  };
}
