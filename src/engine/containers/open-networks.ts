import { join } from 'node:path';
import type { FirewallBackend } from '../../model/firewall-backend.js';
import type { Network } from '../../model/network.js';
import { DEFAULT_NETWORK } from '../../model/network-names.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import { hashForName } from '../../platform/name-hash.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { removeFolder } from '../../platform/remove-folder.js';
import type { EventBus } from '../events/event-bus.js';
import { sendToHost } from '../isolation/netlink-role.js';
import { createBridgeLinks } from '../networks/bridge-links.js';
import { listRouted } from '../networks/driver-options.js';
import { createEndpointAddresses } from '../networks/endpoint-addresses.js';
import { isDefaultNetworkFree } from '../networks/endpoint-rows.js';
import { createFirewall } from '../networks/firewall.js';
import type { OpenedPort } from '../networks/firewall-rules.js';
import { openHostClaims } from '../networks/host-claims.js';
import { createHostPorts } from '../networks/host-ports.js';
import { readHostRoutes } from '../networks/host-routes.js';
import type { HostRequest } from '../networks/netlink/request.js';
import type { NetworkParts } from '../networks/network-parts.js';
import { createNetworkStore } from '../networks/network-store.js';
import { createNetworkLinks, toLinked } from '../networks/open-links.js';
import { createParentLinks } from '../networks/parent-links.js';
import type { ContainerStore } from './container-store.js';
import type { EnginePaths } from './engine-paths.js';
import { createNetworkUsers } from './network-users.js';
import { listOpenedPorts } from './opened-ports.js';

export interface OpenNetworksOptions {
  readonly database: Database;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly paths: EnginePaths;
  readonly spawner: ProcessSpawner;
  readonly store: ContainerStore;
  /** As `--firewall-backend`; absent: the first that the host has. */
  readonly firewallBackend?: FirewallBackend;
}

/** The networks of a state root, joined with what sends to the kernel. */
export function openNetworks(options: OpenNetworksOptions): NetworkParts {
  const { database, bus, clock, paths, spawner, store, firewallBackend: wanted } = options;
  const networks = createNetworkStore(database);
  const addresses = createEndpointAddresses(database);
  const { root } = paths;
  const table = toTableName(root);
  const send = (requests: readonly HostRequest[]): Promise<void> => sendToHost(spawner, requests);
  const firewall = createFirewall({ table, send, ...(wanted && { wanted }) });
  const list = () =>
    networks
      .list()
      .filter(({ driver }) => driver === 'bridge')
      .map((network) => ({ ...toLinked(network, table), opened: listOpenedIn(store, network) }));
  const publish = async () =>
    await (await import('./restore-firewall.js')).publishRunning({ store, paths, networks: parts });
  const links = createNetworkLinks({
    ...{ database, addresses, table, store: networks, readRoutes: readHostRoutes },
    parents: createParentLinks(send, table),
    bridges: createBridgeLinks({ root, table, list, send, firewall, publish }),
    claims: openHostClaims(clock.nowMs),
  });
  const parts: NetworkParts = {
    ...{ database, events: bus, clock, root, store: networks, addresses, table, firewall, send },
    ports: createHostPorts({ database }),
    links: {
      up: links.up,
      rewrite: links.rewrite,
      down: async (network) => {
        await links.down(network);
        // Nobody is in it any more.
        removeFolder(join(paths.names, network.id));
      },
    },
    readRoutes: readHostRoutes,
    users: createNetworkUsers(store),
  };
  return parts;
}

/** Of the containers that run in it or begin to. */
function listOpenedIn(store: Pick<ContainerStore, 'listReadable'>, { id, options }: Network): readonly OpenedPort[] {
  if (listRouted(options).length === 0) return [];
  return store
    .listReadable()
    .flatMap(({ config, networks }) =>
      listOpenedPorts({ config, networks: networks.filter(({ networkId }) => networkId === id) }),
    );
}

/** A name that nft(8) takes too. */
function toTableName(root: string): string {
  return `gantry_${hashForName(root, 12)}`;
}

/** Takes the default network down, if nobody begins to use it meanwhile. */
export async function takeDownDefault({ database, store, links }: NetworkParts): Promise<void> {
  const network = store.findByName(DEFAULT_NETWORK);
  if (network === undefined) return;
  await links.down(network);
  if (!isDefaultNetworkFree(database)) await links.up(network);
}
