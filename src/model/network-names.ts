import type { Container, ContainerEndpoint } from './container.js';

/** The network of containers that name none. */
export const DEFAULT_NETWORK = 'bridge';

const PREDEFINED: readonly string[] = [DEFAULT_NETWORK, 'host', 'none', 'default'];

/** A name that no network of the user's can have, and whose network cannot be removed. In it, names are not resolved. */
export function isPredefinedName(name: string): boolean {
  return PREDEFINED.includes(name);
}

/** What a container is called in a network of its user's: its name, its aliases there, its short id and its host name. */
export function listDnsNames(
  { id, name, config }: Pick<Container, 'id' | 'name' | 'config'>,
  { attachment }: Pick<ContainerEndpoint, 'attachment'>,
): readonly string[] {
  const all = [name, ...(attachment.aliases ?? []), id.slice(0, 12), ...(config.hostname ? [config.hostname] : [])];
  return [...new Set(all)];
}
