import { EngineError } from '../../model/errors.js';
import { fitsLabelFilter } from '../../model/label-filter.js';
import type { Network, NetworkDetails } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import type { NetworkService, PruneOptions, PruneReport } from '../engine.js';
import { refuseUsedConfiguration } from './configuration-network.js';
import { createNetwork } from './create-network.js';
import { ensureDefaultNetwork, resolveNetwork } from './default-network.js';
import { removeRow } from './insert-network.js';
import type { NetworkParts } from './network-parts.js';

/** What needs no container; connect and disconnect are in the room of containers. */
export function createNetworkService(parts: NetworkParts): Omit<NetworkService, 'connect' | 'disconnect' | 'check'> {
  return {
    list: async () => listNetworks(parts),
    inspect: async (ref) => inspectNetwork(parts, ref),
    create: async (config) => createNetwork(parts, config),
    remove: async (ref) => removeNetwork(parts, resolveNetwork(parts, ref)),
    prune: async (options = {}) => pruneNetworks(parts, options),
  };
}

/** A host without a free pool has its other networks none the less. */
function listNetworks(parts: NetworkParts): readonly Network[] {
  try {
    ensureDefaultNetwork(parts);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'invalid-argument') throw error;
  }
  return parts.store.list();
}

function inspectNetwork(parts: NetworkParts, ref: string): NetworkDetails {
  const network = resolveNetwork(parts, ref);
  return { ...network, members: parts.users.listMembers(network.id) };
}

/**
 * What is on the host goes first: a process that dies in between leaves a row whose network can be removed again. Where somebody has
 * taken an address of it meanwhile, it is made again.
 */
async function removeNetwork(parts: NetworkParts, network: Network): Promise<void> {
  const { id, name } = network;
  if (isPredefinedName(name)) {
    throw new EngineError('permission-denied', `${name} is a pre-defined network and cannot be removed`);
  }
  const refuse = (): never => {
    const members = parts.users
      .listMembers(id)
      .map(({ containerName, endpointId }) => `name:"${containerName}" id:"${endpointId.slice(0, 12)}"`);
    const message = `error while removing network: network ${name} has active endpoints (${members.join(', ')})`;
    throw new EngineError('permission-denied', message);
  };
  refuseUsedConfiguration(parts, network);
  if (parts.addresses.isUsed(id)) refuse();
  await parts.links.down(network);
  const isRemoved = parts.database.transaction(() => {
    if (parts.addresses.isUsed(id)) return false;
    removeRow(parts, network);
    return true;
  });
  if (isRemoved) return;
  await parts.links.up(network);
  refuse();
}

async function pruneNetworks(parts: NetworkParts, options: PruneOptions): Promise<PruneReport> {
  const { untilMs = Number.POSITIVE_INFINITY, preview = false, without = [] } = options;
  const removed: string[] = [];
  for (const network of parts.store.list()) {
    const isKept = isPredefinedName(network.name) || network.configOnly === true || network.createdAtMs >= untilMs;
    if (isKept || !fitsLabelFilter(network.labels, options)) continue;
    if (parts.users.listUsers(network.id).some((id) => !without.includes(id))) continue;
    if (!preview && !(await tryRemove(parts, network))) continue;
    removed.push(network.name);
  }
  if (!preview) parts.events.publish({ type: 'network', action: 'prune', id: '', attributes: { reclaimed: '0' } });
  return { removed, reclaimedBytes: 0 };
}

async function tryRemove(parts: NetworkParts, network: Network): Promise<boolean> {
  try {
    await removeNetwork(parts, network);
    return true;
  } catch (error) {
    // Somebody has come into it, or it is gone: prune takes what it can have.
    if (error instanceof EngineError && ['permission-denied', 'not-found'].includes(error.kind)) return false;
    throw error;
  }
}
