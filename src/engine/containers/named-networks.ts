import type { ContainerEndpoint } from '../../model/container.js';
import { isPredefinedName } from '../../model/network-names.js';
import type { ContainerRecord } from './container-record.js';

/** Where a container finds its resolver: Docker's address. */
export const RESOLVER_ADDRESS = '127.0.0.11';

/** True for a container with a network of its user's: there names are resolved. */
export function hasResolver({ networks }: Pick<ContainerRecord, 'networks'>): boolean {
  return networks.some(isNamed);
}

export function isNamed({ networkName }: ContainerEndpoint): boolean {
  return !isPredefinedName(networkName);
}
