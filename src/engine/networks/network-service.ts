import { EngineError } from '../../model/errors.js';
import type { NetworkId } from '../../model/ids.js';
import type { Network } from '../../model/network.js';
import type { NetworkService } from '../engine.js';

/** The two networks that need no driver. Their ids are fixed: they are the same thing on every host. */
const FIXED_NETWORKS: readonly Network[] = [fixedNetwork('host', '1'), fixedNetwork('none', '0')];

/** `host` and `none`; every change is refused with what is there instead. */
export function createNetworkService(): NetworkService {
  return {
    list: async () => FIXED_NETWORKS,
    inspect: async (ref) => findNetwork(ref),
    create: async () => refuseChange('networks cannot be created yet: use --network none, host or container:NAME'),
    remove: async (ref) => refuseRemoval(findNetwork(ref)),
    connect: async (ref) => refuseChange(`containers cannot be connected to ${findNetwork(ref).name} once made`),
    disconnect: async (ref) => refuseChange(`containers cannot be disconnected from ${findNetwork(ref).name}`),
    prune: async () => ({ removed: [], reclaimedBytes: 0 }),
  };
}

/** By name, id or unique id prefix. Rejects: not-found, in Docker's words. */
export function findNetwork(ref: string): Network {
  const found = FIXED_NETWORKS.find((network) => network.name === ref || (ref !== '' && network.id.startsWith(ref)));
  if (found === undefined) throw new EngineError('not-found', `network ${ref} not found`);
  return found;
}

function refuseRemoval(network: Network): never {
  throw new EngineError('permission-denied', `${network.name} is a pre-defined network and cannot be removed`);
}

function refuseChange(message: string): never {
  throw new EngineError('not-implemented', message);
}

function fixedNetwork(driver: 'host' | 'none', digit: string): Network {
  return {
    id: digit.repeat(64) as NetworkId,
    name: driver,
    driver,
    internal: false,
    createdAtMs: 0,
    labels: {},
  };
}
