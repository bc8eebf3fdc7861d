import { EngineError, messageOf } from '../../model/errors.js';
import { randomHex } from '../../platform/random.js';
import type { Firewall } from './firewall.js';
import type { FirewallNetwork } from './firewall-rules.js';
import { type HostForwarding, openForwarding } from './host-forwarding.js';
import { isInterfaceThere, readHostInterfaceIndex, readInterfaceAlias } from './host-interfaces.js';
import { addAddress, bringUp, deleteLink, makeBridge, rename, setAlias, withoutOwnAddresses } from './netlink/links.js';
import { type HostRequest, toRequest } from './netlink/request.js';

/** A network as the host's interfaces and firewall have it. */
export interface LinkedNetwork extends FirewallNetwork {
  /** In words, for errors. */
  readonly name: string;
  /** By which its interface is known as this network's. */
  readonly alias: string;
  /** Addresses of the host in it, with the length of the prefix. */
  readonly gateways: readonly string[];
  readonly mtu?: number;
}

export interface BridgeLinksOptions {
  /** The state root, and the table of its firewall. */
  readonly root: string;
  readonly table: string;
  /** All networks with a bridge that the state knows, up or not. */
  readonly list: () => readonly LinkedNetwork[];
  readonly send: (requests: readonly HostRequest[]) => Promise<void>;
  readonly firewall: Firewall;
  /** Puts the ports of all containers that run into rules that have been made again, which others had removed. */
  readonly publish: () => Promise<void>;
  readonly forwarding?: HostForwarding;
}

/** The bridges of a state root and its firewall. Everything can be done twice, and by several processes at once. */
export interface BridgeLinks {
  /** Index of the bridge, which is made where it is missing. Rejects: conflict where the name is another's, internal. */
  up(network: LinkedNetwork): Promise<number>;
  /** Takes the bridge away; the firewall, and what it needs of the host, with the last. */
  down(network: LinkedNetwork): Promise<void>;
  /** Makes rules again that others have removed. */
  rewrite(): Promise<void>;
}

export function createBridgeLinks(options: BridgeLinksOptions): BridgeLinks {
  const { root, table, list, send, firewall, publish, forwarding = openForwarding() } = options;

  /**
   * The rules of all networks that are up, with the one that comes and without the one that goes: the subnet of one that is not up may
   * be another state root's meanwhile. Whoever wrote last wrote what all see: the list is looked at again after each time.
   */
  const writeFirewall = async (change: { readonly coming?: LinkedNetwork; readonly going?: LinkedNetwork } = {}) => {
    const { coming, going } = change;
    const counts = (network: LinkedNetwork) => network.alias === coming?.alias || isUp(network);
    const wasThere = await firewall.isThere();
    for (let written: string | undefined; ; ) {
      const networks = list().filter((network) => network.alias !== going?.alias && counts(network));
      const text = JSON.stringify(networks);
      if (text === written) break;
      written = text;
      await firewall.write(networks);
    }
    if (!wasThere) await publish();
  };

  /** Nobody sees the bridge before all of it is there: it takes its name at the end. */
  const make = async (network: LinkedNetwork): Promise<void> => {
    const draft = { ...network, interfaceName: `gt${randomHex(6)}` };
    try {
      await makeBridgeOf(draft, send);
      const index = findBridge(draft) ?? 0;
      await send(network.gateways.map((gateway) => toRequest('host', undefined, [addAddress(index, gateway)])));
      forwarding.begin(table, root, draft);
      await writeFirewall({ coming: network });
      if (firewall.backend() === 'nftables') forwarding.routeLoopback(draft);
      const what = `bring up the bridge ${network.interfaceName}`;
      await send([toRequest('host', what, [rename(index, network.interfaceName), bringUp(index)])]);
    } catch (error) {
      await send([toRequest('host', undefined, [deleteLink(draft.interfaceName)])]).catch(() => undefined);
      throw error;
    }
  };

  return {
    up: async (network) => {
      const found = findBridge(network);
      if (found !== undefined) return found;
      await make(network).catch((error: unknown) => {
        // Another process was faster.
        if (!isUp(network)) throw error instanceof EngineError ? error : failure(network, error);
      });
      const index = findBridge(network);
      if (index === undefined) throw new EngineError('conflict', `network ${network.name} is being removed`);
      // Somebody who took the last other network down has taken the table with it.
      await writeFirewall();
      return index;
    },
    down: async (network) => {
      if (findBridge(network) !== undefined) {
        const what = `remove the bridge ${network.interfaceName}`;
        await send([toRequest('host', what, [deleteLink(network.interfaceName)])]).catch((error: unknown) => {
          if (isUp(network)) throw failure(network, error);
        });
      }
      const isOthers = () => list().some(isUp);
      if (isOthers()) {
        // The last of them may be taken down meanwhile, with the rules that are being written: then they go once more.
        await writeFirewall({ going: network }).catch((error: unknown) => {
          if (isOthers()) throw error;
        });
        if (isOthers()) return;
      }
      await firewall.remove();
      forwarding.end(table);
    },
    rewrite: async () => {
      if (list().some(isUp)) await writeFirewall();
    },
  };
}

/** The index of the network's interface, where it is there. Throws conflict where it is somebody else's. */
export function findBridge(network: LinkedNetwork): number | undefined {
  const { interfaceName, name } = network;
  if (isUp(network)) return readHostInterfaceIndex(interfaceName);
  if (!isInterfaceThere(interfaceName)) return undefined;
  throw new EngineError('conflict', `cannot use ${interfaceName} for network ${name}: it is an interface of others`);
}

/** True where the interface is there and is the network's own. */
function isUp({ interfaceName, alias }: LinkedNetwork): boolean {
  return readInterfaceAlias(interfaceName) === alias;
}

async function makeBridgeOf(
  { interfaceName, alias, gateways, mtu }: LinkedNetwork,
  send: BridgeLinksOptions['send'],
): Promise<void> {
  await send([
    toRequest('host', `make the bridge ${interfaceName}`, [
      makeBridge({ name: interfaceName, ...(mtu !== undefined && { mtu }) }),
    ]),
    toRequest('host', `name the bridge ${interfaceName}`, [setAlias(interfaceName, alias)]),
    // Where there is no IPv6 there is none at all: an address that the bridge gave itself would be reached from inside.
    ...(gateways.some((gateway) => gateway.includes(':'))
      ? []
      : [toRequest('host', undefined, [withoutOwnAddresses({ name: interfaceName })])]),
  ]);
}

function failure({ name }: LinkedNetwork, error: unknown): EngineError {
  return new EngineError('internal', `cannot set up network ${name}: ${messageOf(error)}`, { cause: error });
}
