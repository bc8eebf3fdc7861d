import { toAddressBytes } from './netlink/addresses.js';
import {
  addRule,
  compare,
  type Expression,
  loadMeta,
  loadPayload,
  makeBatch,
  makeChain,
  makeTable,
  port,
  setRegister,
  translateDestination,
} from './netlink/filter.js';
import { type NetlinkRequest, toRequest } from './netlink/request.js';

/** Where a container finds its resolver: Docker's address. */
const RESOLVER_ADDRESS = '127.0.0.11';

/** Where it listens with nothing that leads to another port: a server of the container's cannot have this port of all addresses. */
export const DNS_PORT = 53;

/** Where the monitor listens, so that port 53 of every address is left to the container. */
export const RESOLVER_PORT = 48_053;

const TABLE = 'gantry_resolver';

/** In the container's own namespace: what goes to the resolver's port 53 comes to where it listens. */
export function redirectResolver(): NetlinkRequest {
  const chain = {
    table: TABLE,
    name: 'output',
    base: { type: 'nat', hook: 'output', priority: 'destinationNat' },
  } as const;
  const messages = makeBatch([
    makeTable(TABLE),
    makeChain(chain),
    ...[TCP, UDP].map((protocol) => addRule(TABLE, chain.name, redirect(protocol))),
  ]);
  return toRequest('inside', 'lead the container to its resolver', messages);
}

/** IPPROTO_… */
const TCP = 6;
const UDP = 17;

function redirect(protocol: number): readonly Expression[] {
  const address = toAddressBytes(RESOLVER_ADDRESS);
  return [
    loadMeta('protocolFamily'),
    compare('equal', Uint8Array.of(2)),
    loadPayload('network', 16, 4),
    compare('equal', address),
    loadMeta('transport'),
    compare('equal', Uint8Array.of(protocol)),
    loadPayload('transport', 2, 2),
    compare('equal', port(DNS_PORT)),
    setRegister(0, address),
    setRegister(1, port(RESOLVER_PORT)),
    translateDestination(4),
  ];
}
