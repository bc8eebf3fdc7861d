import type { RegistryClient, RegistrySource } from '../../client/registry-client.js';
import type { Upstream } from './upstream.js';

/** Repositories that stay connected, with their tokens. */
const OPEN_MAX = 64;

/** Asks the registry at `domain` with the client of `gantry pull`: its credentials, mirrors, certificates and proxies hold. */
export function createClientUpstream(client: RegistryClient, domain: string): Upstream {
  const sources = new Map<string, RegistrySource>();
  const find = (path: string): RegistrySource => {
    const source = sources.get(path) ?? client.openSource({ domain, path });
    sources.delete(path);
    sources.set(path, source);
    const [oldest] = sources.keys();
    if (sources.size > OPEN_MAX && oldest !== undefined) {
      void sources.get(oldest)?.close();
      sources.delete(oldest);
    }
    return source;
  };
  return {
    fetchManifest: (repository, reference) => find(repository).fetchManifest(reference),
    findDigest: (repository, tag) => find(repository).findDigest(tag),
    openBlob: (repository, digest) => find(repository).openBlob(digest, 0),
    close: async () => {
      await Promise.all([...sources.values()].map((source) => source.close()));
    },
  };
}
