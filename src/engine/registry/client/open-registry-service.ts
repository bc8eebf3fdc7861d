import type { RegistryService } from '../../engine.js';
import type { RegistryClient } from './registry-client.js';

/** The service of registries, which is loaded with its first call: most commands have nothing to ask them. */
export function openRegistryService(client: RegistryClient): RegistryService {
  const load = async (): Promise<RegistryService> =>
    (await import('./registry-service.js')).createRegistryService(client);
  return {
    login: async (...call) => (await load()).login(...call),
    authenticate: async (...call) => (await load()).authenticate(...call),
    checkLogin: async (...call) => (await load()).checkLogin(...call),
    logout: async (...call) => (await load()).logout(...call),
    search: async (...call) => (await load()).search(...call),
    manifest: async (...call) => (await load()).manifest(...call),
    describe: async (...call) => (await load()).describe(...call),
    tags: async (...call) => (await load()).tags(...call),
  };
}
