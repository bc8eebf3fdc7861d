import { messageOf } from '../model/errors.js';
import type { EngineSettings } from './engine.js';
import type { RegistryClient } from './registry/client/registry-client.js';

export interface SettingsParts {
  readonly registries: Pick<RegistryClient, 'settings'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly usernsRemap: string | undefined;
}

/** How the engine is set. A file that cannot be read is a warning: who asks wants to know what is wrong. */
export function readEngineSettings({ registries, env, usernsRemap }: SettingsParts): EngineSettings {
  const found = readRegistries(registries);
  const proxy = (name: string): string => hidePassword(env[name] || env[name.toLowerCase()] || '');
  return {
    ...found,
    httpProxy: proxy('HTTP_PROXY'),
    httpsProxy: proxy('HTTPS_PROXY'),
    noProxy: proxy('NO_PROXY'),
    isRemapped: usernsRemap !== undefined,
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
