import { openRemoteEngine } from './api/client/remote-engine.js';
import type { Engine } from './engine/engine.js';
import { createRegistryClient } from './engine/registry/client/create-registry-client.js';
import { createRegistryService } from './engine/registry/client/registry-service.js';
import { readRegistrySettings } from './engine/registry/client/registry-settings.js';
import type { RemoteEndpoint } from './model/remote-endpoint.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** An engine behind Docker's API, with what this user has for registries. */
export function openRemote(endpoint: RemoteEndpoint, env: Environment): Promise<Engine> {
  const client = createRegistryClient(() => readRegistrySettings(env));
  return openRemoteEngine({
    endpoint,
    registries: createRegistryService(client),
    findCredentials: (domain) => client.credentials.find(domain),
  });
}
