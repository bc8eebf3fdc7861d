import { type CredentialStore, openCredentialStore } from './credential-store.js';
import type { RegistryClient } from './registry-client.js';
import type { RegistrySettings } from './registry-settings.js';

/** What speaks to registries: most commands have nothing to ask them. */
const loadHosts = () => import('./open-hosts.js');

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
    reread: () => {
      settings = undefined;
    },
    openSource: async (reference, given) => (await loadHosts()).openSource(client, reference, given),
    openTarget: async (reference, given) => (await loadHosts()).openTarget(client, reference, given),
    openHost: async (domain, options) => (await loadHosts()).openHost(client, domain, options),
  };
  return client;
}
