import type { TestContext } from 'node:test';
import { createEventBus } from '../../src/engine/events/event-bus.js';
import { createEndpointAddresses } from '../../src/engine/networks/endpoint-addresses.js';
import { createHostPorts } from '../../src/engine/networks/host-ports.js';
import type { NetworkLinks } from '../../src/engine/networks/network-links.js';
import type { NetworkParts, NetworkUsers } from '../../src/engine/networks/network-parts.js';
import { createNetworkService } from '../../src/engine/networks/network-service.js';
import { createNetworkStore } from '../../src/engine/networks/network-store.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { ContainerEndpoint } from '../../src/model/container.js';
import type { NetworkAttachment } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { ContainerId } from '../../src/model/ids.js';
import { parseCidr } from '../../src/model/ip-address.js';
import type { Network } from '../../src/model/network.js';
import { systemClock } from '../../src/platform/clock.js';
import { makeTemporaryFolder } from './temporary-folder.js';

/** What is on a host that exists in memory only. */
export class FakeLinks implements NetworkLinks {
  readonly names = new Set<string>();
  /** Why it cannot make anything more; undefined while it can. */
  failure: string | undefined;

  async up({ name }: Network): Promise<void> {
    if (this.failure !== undefined) throw await Promise.resolve(new EngineError('unavailable', this.failure));
    this.names.add(name);
  }

  down({ name }: Network): Promise<void> {
    this.names.delete(name);
    return Promise.resolve();
  }

  rewrite(): Promise<void> {
    return Promise.resolve();
  }
}

export interface NetworkWorldOptions {
  /** CIDR; none when absent. */
  readonly routes?: readonly string[];
  readonly users?: Partial<NetworkUsers>;
  readonly root?: string;
}

/** The networks of an engine on a state database of their own, and a host that has no kernel. */
export function makeNetworkWorld(t: TestContext, options: NetworkWorldOptions = {}) {
  const { root = makeTemporaryFolder(t), routes = [], users = {} } = options;
  const database = openStateDatabase(root);
  const events = createEventBus({ database, root, clock: systemClock });
  t.after(() => {
    events.close();
    database.close();
  });
  const links = new FakeLinks();
  const parts: NetworkParts = {
    ...{ database, events, root, links, clock: systemClock },
    store: createNetworkStore(database),
    addresses: createEndpointAddresses(database),
    ...{
      table: 'gantry_test',
      firewall: { backend: () => 'nftables', isThere: () => Promise.resolve(true) },
      ports: createHostPorts({ database }),
      send: () => Promise.resolve(),
    },
    readRoutes: () => routes.flatMap((text) => parseCidr(text)?.subnet ?? []),
    users: { listMembers: () => [], listUsers: () => [], ...users },
  };
  return { root, parts, links, service: createNetworkService(parts) };
}

let serial = 0;

/** A container's row, as far as addresses need one; resolves with its id. */
export function addContainerRow({ database }: Pick<NetworkParts, 'database'>): ContainerId {
  const id = `${process.pid.toString(16)}${(serial++).toString(16).padStart(8, '0')}`.padStart(64, '0') as ContainerId;
  const sql = 'INSERT INTO containers (id, version, document, name, status, created_at_ms) VALUES (?, 1, ?, ?, ?, 0)';
  database.run(sql, id, '{}', id, 'created');
  return id;
}

/** Puts a new container into a network. */
export function takeEndpoint(
  parts: Pick<NetworkParts, 'database' | 'addresses'>,
  network: Network,
  asked: Omit<NetworkAttachment, 'network'> = {},
): ContainerEndpoint {
  const containerId = addContainerRow(parts);
  const { id: networkId, name: networkName } = network;
  const attachment = { ...asked, network: networkName };
  return parts.addresses.take(network, { networkId, networkName, endpointId: containerId, attachment }, containerId);
}
