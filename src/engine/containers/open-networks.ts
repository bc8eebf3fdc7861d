import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { removeFolder } from '../../platform/remove-folder.js';
import type { EventBus } from '../events/event-bus.js';
import { sendToHost } from '../isolation/netlink-role.js';
import { createBridgeLinks, type HostRequest } from '../networks/bridge-links.js';
import { createEndpointAddresses } from '../networks/endpoint-addresses.js';
import { openHostClaims } from '../networks/host-claims.js';
import { createHostPorts } from '../networks/host-ports.js';
import { readHostRoutes } from '../networks/host-routes.js';
import type { NetworkParts } from '../networks/network-parts.js';
import { createNetworkStore } from '../networks/network-store.js';
import { createNetworkLinks, toLinked } from '../networks/open-links.js';
import { DEFAULT_NETWORK } from '../networks/predefined-names.js';
import type { ContainerStore } from './container-store.js';
import type { EnginePaths } from './engine-paths.js';
import { createNetworkUsers } from './network-users.js';

export interface OpenNetworksOptions {
  readonly database: Database;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly paths: EnginePaths;
  readonly spawner: ProcessSpawner;
  readonly store: ContainerStore;
}

/** The networks of a state root, joined with what sends to the kernel. */
export function openNetworks({ database, bus, clock, paths, spawner, store }: OpenNetworksOptions): NetworkParts {
  const networks = createNetworkStore(database);
  const addresses = createEndpointAddresses(database);
  const { root } = paths;
  const table = toTableName(root);
  const send = (requests: readonly HostRequest[]): Promise<void> => sendToHost(spawner, requests);
  const list = () =>
    networks
      .list()
      .filter(({ driver }) => driver === 'bridge')
      .map((network) => toLinked(network, table));
  const links = createNetworkLinks({
    ...{ database, addresses, table, store: networks, readRoutes: readHostRoutes },
    bridges: createBridgeLinks({ root, table, list, send }),
    claims: openHostClaims(clock.nowMs),
  });
  return {
    ...{ database, events: bus, clock, root, store: networks, addresses, table, send },
    ports: createHostPorts({ database }),
    links: {
      up: links.up,
      down: async (network) => {
        await links.down(network);
        // Nobody is in it any more.
        removeFolder(join(paths.names, network.id));
      },
    },
    readRoutes: readHostRoutes,
    users: createNetworkUsers(store),
  };
}

/** A name that nft(8) takes too. */
function toTableName(root: string): string {
  return `gantry_${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
}

/** Where no container has the default network, nothing of it stays on the host when the engine closes. Made again at the next need. */
export async function takeDownDefault({ store, users, links }: NetworkParts): Promise<void> {
  const network = store.findByName(DEFAULT_NETWORK);
  if (network === undefined || users.listUsers(network.id).length > 0) return;
  await links.down(network);
  // Somebody may have begun to use it.
  if (users.listUsers(network.id).length > 0) await links.up(network);
}
