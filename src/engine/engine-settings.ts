import { messageOf } from '../model/errors.js';
import type { ServiceSettings } from '../model/service-settings.js';
import type { EngineSettings } from './engine.js';
import type { RegistryClient } from './registry/client/registry-client.js';

export interface SettingsParts {
  readonly registries: Pick<RegistryClient, 'settings'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly usernsRemap: string | undefined;
  readonly service: ServiceSettings | undefined;
}

/** How the engine is set. A file that cannot be read is a warning: who asks wants to know what is wrong. */
export function readEngineSettings({ registries, env, usernsRemap, service }: SettingsParts): EngineSettings {
  const found = readRegistries(registries);
  const proxy = (name: string): string => hidePassword(env[name] || env[name.toLowerCase()] || '');
  return {
    ...found,
    httpProxy: proxy('HTTP_PROXY'),
    httpsProxy: proxy('HTTPS_PROXY'),
    noProxy: proxy('NO_PROXY'),
    isRemapped: usernsRemap !== undefined,
    isDebug: service?.isDebug ?? false,
    labels: service?.labels ?? [],
  };
}

/** As Docker's event `reload` tells them. Throws: invalid-argument (a file about registries). */
export function describeSettings(
  { isDebug, labels }: ServiceSettings,
  { settings }: SettingsParts['registries'],
): Readonly<Record<string, string>> {
  return {
    debug: String(isDebug),
    'insecure-registries': JSON.stringify(settings.insecure),
    labels: JSON.stringify(labels),
    'live-restore': 'true',
    'max-concurrent-downloads': String(settings.maxDownloads),
    'max-concurrent-uploads': String(settings.maxUploads),
    'max-download-attempts': String(settings.maxAttempts),
    'registry-mirrors': JSON.stringify(settings.mirrors),
  };
}

function readRegistries(
  registries: SettingsParts['registries'],
): Pick<EngineSettings, 'insecureRegistries' | 'registryMirrors' | 'warnings'> {
  try {
    const { insecure, mirrors } = registries.settings;
    return { insecureRegistries: insecure, registryMirrors: mirrors, warnings: [] };
  } catch (error) {
    return { insecureRegistries: [], registryMirrors: [], warnings: [messageOf(error)] };
  }
}

/** Everybody who may ask sees it. RFC 3986, 3.2.1 */
function hidePassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//xxxxx:xxxxx@');
}
