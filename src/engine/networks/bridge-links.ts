import { existsSync, readFileSync } from 'node:fs';
import { EngineError, messageOf } from '../../model/errors.js';
import { type FirewallNetwork, makeFirewall } from './firewall-rules.js';
import { type HostForwarding, openForwarding } from './host-forwarding.js';
import { deleteTable, makeBatch } from './netlink/filter.js';
import { addAddress, bringUp, deleteLink, makeBridge, setAlias, withoutOwnAddresses } from './netlink/links.js';
import { encodeMessages, type Message } from './netlink/message.js';

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
  readonly forwarding?: HostForwarding;
}

export interface HostRequest {
  readonly place: 'host' | 'filter';
  readonly what?: string;
  readonly messages: Uint8Array;
}

/** The bridges of a state root and its firewall. Everything can be done twice, and by several processes at once. */
export interface BridgeLinks {
  /** Index of the bridge, which is made where it is missing. Rejects: conflict where the name is another's, internal. */
  up(network: LinkedNetwork): Promise<number>;
  /** Takes the bridge away; the firewall, and what it needs of the host, with the last. */
  down(network: LinkedNetwork): Promise<void>;
}

const INTERFACES = '/sys/class/net';

export function createBridgeLinks(options: BridgeLinksOptions): BridgeLinks {
  const { root, table, list, send, forwarding = openForwarding() } = options;
  const listUp = (): readonly LinkedNetwork[] => list().filter((network) => findBridge(network) !== undefined);

  /** Whoever wrote last wrote what all see: the list is looked at again after each time. */
  const writeFirewall = async (): Promise<void> => {
    for (let written: string | undefined; ; ) {
      const networks = listUp();
      const text = JSON.stringify(networks);
      if (text === written) return;
      written = text;
      const messages = networks.length === 0 ? makeBatch([deleteTable(table)]) : makeFirewall(table, networks);
      const what = networks.length === 0 ? {} : { what: 'write the rules of the firewall' };
      await send([{ place: 'filter', ...what, messages: encodeMessages(messages) }]);
    }
  };

  return {
    up: async (network) => {
      const found = findBridge(network);
      if (found !== undefined) return found;
      try {
        const index = await makeBridgeOf(network, send);
        forwarding.begin(table, root, network);
        await writeFirewall();
        return index;
      } catch (error) {
        await send([request('host', undefined, [deleteLink(network.interfaceName)])]).catch(() => undefined);
        throw error instanceof EngineError ? error : failure(network, error);
      }
    },
    down: async (network) => {
      if (findBridge(network) !== undefined) {
        const what = `remove the bridge ${network.interfaceName}`;
        await send([request('host', what, [deleteLink(network.interfaceName)])]).catch((error: unknown) => {
          if (findBridge(network) !== undefined) throw failure(network, error);
        });
      }
      await writeFirewall();
      if (listUp().length === 0) forwarding.end(table);
    },
  };
}

/** The index of the network's interface, where it is there. Throws conflict where it is somebody else's. */
export function findBridge({ interfaceName, alias, name }: LinkedNetwork): number | undefined {
  const folder = `${INTERFACES}/${interfaceName}`;
  try {
    if (readFileSync(`${folder}/ifalias`, 'utf8').trimEnd() !== alias) {
      throw new EngineError(
        'conflict',
        `cannot use ${interfaceName} for network ${name}: it is an interface of others`,
      );
    }
    return Number(readFileSync(`${folder}/ifindex`, 'utf8'));
  } catch (error) {
    if (error instanceof EngineError || existsSync(folder)) throw error;
    return undefined;
  }
}

/** Another process may be at it too: each step is fine where it is done already, and the end is looked at. */
async function makeBridgeOf(network: LinkedNetwork, send: BridgeLinksOptions['send']): Promise<number> {
  const { interfaceName, alias, gateways, mtu } = network;
  const isForeign = existsSync(`${INTERFACES}/${interfaceName}`);
  if (isForeign) findBridge(network);
  await send([
    request('host', `make the bridge ${interfaceName}`, [
      makeBridge({ name: interfaceName, alias, ...(mtu !== undefined && { mtu }) }),
    ]),
    request('host', `name the bridge ${interfaceName}`, [setAlias(interfaceName, alias)]),
    // Where there is no IPv6 there is none at all: an address that the bridge gave itself would be reached from inside.
    ...(gateways.some((gateway) => gateway.includes(':'))
      ? []
      : [request('host', undefined, [withoutOwnAddresses({ name: interfaceName })])]),
  ]).catch((error: unknown) => {
    if (findBridge(network) === undefined) throw error;
  });
  const index = findBridge(network);
  if (index === undefined) throw new EngineError('conflict', `network ${network.name} is being removed`);
  await send([
    ...gateways.map((gateway) => request('host', undefined, [addAddress(index, gateway)])),
    request('host', `bring up the bridge ${interfaceName}`, [bringUp(index)]),
  ]);
  return index;
}

function request(place: HostRequest['place'], what: string | undefined, messages: readonly Message[]): HostRequest {
  return { place, ...(what !== undefined && { what }), messages: encodeMessages(messages) };
}

function failure({ name }: LinkedNetwork, error: unknown): EngineError {
  return new EngineError('internal', `cannot set up network ${name}: ${messageOf(error)}`, { cause: error });
}
