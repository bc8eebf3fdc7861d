/** The network of containers that name none. */
export const DEFAULT_NETWORK = 'bridge';

const PREDEFINED: readonly string[] = [DEFAULT_NETWORK, 'host', 'none', 'default'];

/** A name that no network of the user's can have, and whose network cannot be removed. */
export function isPredefinedName(name: string): boolean {
  return PREDEFINED.includes(name);
}
