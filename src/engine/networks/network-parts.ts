import type { ContainerId, NetworkId } from '../../model/ids.js';
import type { Subnet } from '../../model/ip-address.js';
import type { NetworkMember } from '../../model/network.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import type { EventBus } from '../events/event-bus.js';
import type { EndpointAddresses } from './endpoint-addresses.js';
import type { Firewall } from './firewall.js';
import type { HostPorts } from './host-ports.js';
import type { HostRequest } from './netlink/request.js';
import type { NetworkLinks } from './network-links.js';
import type { NetworkStore } from './network-store.js';

/** What the verbs of networks work with. local-engine.ts puts it together. */
export interface NetworkParts {
  readonly database: Database;
  readonly store: NetworkStore;
  readonly addresses: EndpointAddresses;
  readonly ports: HostPorts;
  /** Of the firewall of this state root. */
  readonly table: string;
  readonly firewall: Pick<Firewall, 'backend' | 'isThere'>;
  /** Sends to the host's own network. Rejects with RoleFailure. */
  readonly send: (requests: readonly HostRequest[]) => Promise<void>;
  readonly events: Pick<EventBus, 'publish'>;
  readonly clock: Clock;
  /** The state root. */
  readonly root: string;
  readonly links: NetworkLinks;
  /** What the host reaches in other ways. */
  readonly readRoutes: () => readonly Subnet[];
  readonly users: NetworkUsers;
}

/** The containers of networks, which are of a room above. */
export interface NetworkUsers {
  /** Those that run. */
  listMembers(id: NetworkId): readonly NetworkMember[];
  /** All that have it, running or not. */
  listUsers(id: NetworkId): readonly ContainerId[];
}
