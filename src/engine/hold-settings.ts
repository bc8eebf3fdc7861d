import type { RegistryChoices, ServiceSettings } from '../model/service-settings.js';
import type { RegistryClient } from './registry/client/registry-client.js';
import type { SystemParts } from './system.js';

export interface HeldSettings {
  /** What the registry client asks when it reads its settings. */
  readonly chooseRegistries: () => RegistryChoices | undefined;
  readonly partsFor: (
    registries: Pick<RegistryClient, 'settings' | 'reread'>,
  ) => Pick<SystemParts, 'readSettings' | 'replaceSettings'>;
}

/** The settings that a service may replace while its engine is open. What takes time to load is loaded when somebody asks. */
export function holdSettings(
  first: ServiceSettings | undefined,
  more: { readonly env: Readonly<Record<string, string | undefined>>; readonly usernsRemap: string | undefined },
): HeldSettings {
  let service = first;
  return {
    chooseRegistries: () => service?.registries,
    partsFor: (registries) => ({
      readSettings: async () => {
        const { readEngineSettings } = await import('./engine-settings.js');
        return readEngineSettings({ registries, service, ...more });
      },
      replaceSettings: async (next) => {
        const { describeSettings } = await import('./engine-settings.js');
        const before = service;
        try {
          service = next;
          registries.reread();
          return describeSettings(next, registries);
        } catch (error) {
          service = before;
          registries.reread();
          throw error;
        }
      },
    }),
  };
}
