import { toAddressBytes, toPrefixedBytes } from './netlink/addresses.js';
import {
  addRule,
  type Chain,
  compare,
  decide,
  type Expression,
  flushChain,
  interfaceName,
  isIn,
  loadConnection,
  loadDestinationType,
  loadMeta,
  loadPayload,
  lookUp,
  makeBatch,
  makeChain,
  makeSet,
  makeTable,
  maskBits,
  masquerade,
  setRegister,
  translateDestination,
  translateSource,
} from './netlink/filter.js';
import type { Message } from './netlink/message.js';

/** What the firewall has to know of a network that is up. */
export interface FirewallNetwork {
  readonly interfaceName: string;
  /** With the length of the prefix, IPv4 and IPv6. */
  readonly subnets: readonly string[];
  readonly isInternal: boolean;
  readonly isMasqueraded: boolean;
  /** What leaves has these addresses in place of that of the interface it leaves by. */
  readonly sourceAddresses?: readonly string[];
  /** Families in which others reach every port of its containers, not only those that are published. */
  readonly unprotected?: readonly (4 | 6)[];
  /** Families in which others reach its containers at their own addresses, at the ports that are open, and see those addresses. */
  readonly routed?: readonly (4 | 6)[];
  /** For rules that name each; those of nftables look them up. */
  readonly opened?: readonly OpenedPort[];
  /** Interfaces of the host from which every port is reached. */
  readonly trustedInterfaces?: readonly string[];
}

/** A port of a container that others reach at its own address. */
export interface OpenedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly address: string;
  readonly port: number;
}

/** The maps of published ports, from protocol and port, or address, protocol and port, to a container's address and port. */
export const PORT_MAPS = {
  any4: { id: 1, key: ['protocol', 'port'], value: ['ipv4', 'port'] },
  bound4: { id: 2, key: ['ipv4', 'protocol', 'port'], value: ['ipv4', 'port'] },
  any6: { id: 3, key: ['protocol', 'port'], value: ['ipv6', 'port'] },
  bound6: { id: 4, key: ['ipv6', 'protocol', 'port'], value: ['ipv6', 'port'] },
} as const;

/** The sets of ports that are open, by address, protocol and port. */
export const OPEN_SETS = {
  open4: { id: 5, key: ['ipv4', 'protocol', 'port'] },
  open6: { id: 6, key: ['ipv6', 'protocol', 'port'] },
} as const;

/** What rules of an older Gantry do not have. */
export const NEWEST_SET: keyof typeof OPEN_SETS = 'open6';

const CHAINS: readonly Omit<Chain, 'table'>[] = [
  { name: 'publish' },
  { name: 'guard', base: { type: 'filter', hook: 'prerouting', priority: 'raw' } },
  { name: 'prerouting', base: { type: 'nat', hook: 'prerouting', priority: 'destinationNat' } },
  { name: 'output', base: { type: 'nat', hook: 'output', priority: 'destinationNat' } },
  { name: 'postrouting', base: { type: 'nat', hook: 'postrouting', priority: 'sourceNat' } },
  { name: 'forward', base: { type: 'filter', hook: 'forward', priority: 'filter' } },
];

/**
 * The whole table of a state root with these networks, at once in place of what it held; published and open ports, which are elements
 * of its maps and sets, stay as they are.
 */
export function makeFirewall(table: string, networks: readonly FirewallNetwork[]): readonly Message[] {
  const rules: Readonly<Record<string, readonly (readonly Expression[])[]>> = {
    publish: publishRules(),
    guard: networks.map(guardLoopback),
    prerouting: [[...toLocalAddress(), decide({ jump: 'publish' })]],
    output: [[...toLocalAddress(), decide({ jump: 'publish' })]],
    postrouting: networks.flatMap(masqueradeRules),
    forward: forwardRules(networks),
  };
  return makeBatch([
    makeTable(table),
    ...Object.entries({ ...PORT_MAPS, ...OPEN_SETS }).map(([name, set]) => makeSet({ table, name, ...set })),
    ...CHAINS.map((chain) => makeChain({ table, ...chain })),
    ...CHAINS.map(({ name }) => flushChain(table, name)),
    ...CHAINS.flatMap(({ name }) => (rules[name] ?? []).map((rule) => addRule(table, name, rule))),
  ]);
}

function publishRules(): readonly (readonly Expression[])[] {
  return ([4, 6] as const).flatMap((family) => {
    // The kernel routes no answer to ::1 into a network: monitors carry what comes from there.
    const others = family === 4 ? [] : [loadPayload('network', 24, 16), compare('different', LOOPBACK6)];
    return [
      [
        ...ofFamily(family),
        ...others,
        ...loadDestination(family),
        lookUp(`bound${family}`),
        translateDestination(family),
      ],
      [...ofFamily(family), ...others, ...loadTransport(0), lookUp(`any${family}`), translateDestination(family)],
    ];
  });
}

/** Address, protocol and port, side by side from the first register on. */
function loadDestination(family: 4 | 6): readonly Expression[] {
  return family === 4
    ? [loadPayload('network', 16, 4), ...loadTransport(1)]
    : [loadPayload('network', 24, 16), ...loadTransport(4)];
}

function loadTransport(first: number): readonly Expression[] {
  return [loadMeta('transport', first), loadPayload('transport', 2, 2, first + 1)];
}

const LOOPBACK6 = toAddressBytes('::1');

/** So that 127.0.0.1 leads to published ports its addresses are routed: nobody else may use that. CVE-2020-8558 */
function guardLoopback(network: FirewallNetwork): readonly Expression[] {
  return [...fromInterface(network, 'equal'), ...ofFamily(4), ...toSubnet('127.0.0.0/8'), decide('drop')];
}

function masqueradeRules(network: FirewallNetwork): readonly (readonly Expression[])[] {
  const { subnets, isInternal, isMasqueraded, routed = [], sourceAddresses = [] } = network;
  const hasV4 = subnets.some((subnet) => familyOf(subnet) === 4);
  return [
    ...(isMasqueraded && !isInternal
      ? subnets
          .filter((subnet) => !routed.includes(familyOf(subnet)))
          .map((subnet) => [
            ...fromSubnet(subnet),
            ...toInterface(network, 'different'),
            ...changeSource(sourceAddresses.find((address) => familyOf(address) === familyOf(subnet))),
          ])
      : []),
    // The host itself, by its loopback address.
    ...(hasV4 ? [[...fromSubnet('127.0.0.0/8'), ...toInterface(network, 'equal'), masquerade()]] : []),
    // A container that reaches a published port of its own network: the answer must come back the same way.
    ...subnets.map((subnet) => [
      ...fromSubnet(subnet),
      ...toInterface(network, 'equal'),
      ...ofPublishedPort(),
      masquerade(),
    ]),
  ];
}

function changeSource(address: string | undefined): readonly Expression[] {
  return address === undefined
    ? [masquerade()]
    : [setRegister(0, toAddressBytes(address)), translateSource(familyOf(address))];
}

function forwardRules(networks: readonly FirewallNetwork[]): readonly (readonly Expression[])[] {
  return [
    [...ofConnectionState(ESTABLISHED | RELATED), decide('accept')],
    ...networks.map((network) => [...toInterface(network, 'equal'), ...ofPublishedPort(), decide('accept')]),
    ...networks.flatMap(openRules),
    // Before what is open to everybody: nothing leaves an internal network.
    ...networks
      .filter(({ isInternal }) => isInternal)
      .map((network) => [...fromInterface(network, 'equal'), ...toInterface(network, 'different'), decide('drop')]),
    ...networks.flatMap(routedRules),
    ...networks.map((network) => [
      ...toInterface(network, 'equal'),
      ...fromInterface(network, 'different'),
      decide('drop'),
    ]),
  ];
}

/** Ports that are open, and what says whether a host is there: Docker's rule for what is routed. */
function routedRules(network: FirewallNetwork): readonly (readonly Expression[])[] {
  const { routed = [], isInternal } = network;
  if (isInternal) return [];
  return routed.flatMap((family) => {
    const toNetwork = [...toInterface(network, 'equal'), ...ofFamily(family)];
    return [
      [...toNetwork, loadMeta('transport'), compare('equal', Uint8Array.of(ICMP[family])), decide('accept')],
      [...toNetwork, ...loadDestination(family), isIn(`open${family}`), decide('accept')],
    ];
  });
}

/** IPPROTO_ICMP, IPPROTO_ICMPV6 */
const ICMP = { 4: 1, 6: 58 } as const;

/** Who else comes in: everybody in an unprotected family, and what the host has on trusted interfaces. */
function openRules(network: FirewallNetwork): readonly (readonly Expression[])[] {
  const { unprotected = [], trustedInterfaces = [], isInternal } = network;
  if (isInternal) return [];
  return [
    ...unprotected.map((family) => [...toInterface(network, 'equal'), ...ofFamily(family), decide('accept')]),
    ...trustedInterfaces.map((name) => [
      ...toInterface(network, 'equal'),
      ...fromInterface({ interfaceName: name }, 'equal'),
      decide('accept'),
    ]),
  ];
}

/** linux/in_route.h, linux/rtnetlink.h */
const RTN_LOCAL = 2;

function toLocalAddress(): readonly Expression[] {
  return [loadDestinationType(), compare('equal', hostWord(RTN_LOCAL))];
}

/** NFPROTO_IPV4, NFPROTO_IPV6: linux/netfilter.h */
function ofFamily(family: 4 | 6): readonly Expression[] {
  return [loadMeta('protocolFamily'), compare('equal', Uint8Array.of(family === 4 ? 2 : 10))];
}

function familyOf(subnet: string): 4 | 6 {
  return subnet.includes(':') ? 6 : 4;
}

function fromSubnet(subnet: string): readonly Expression[] {
  const family = familyOf(subnet);
  const source = family === 4 ? loadPayload('network', 12, 4) : loadPayload('network', 8, 16);
  return [...ofFamily(family), source, ...inside(subnet)];
}

function toSubnet(subnet: string): readonly Expression[] {
  return [loadPayload('network', 16, 4), ...inside(subnet)];
}

function inside(subnet: string): readonly Expression[] {
  const { network, mask } = toPrefixedBytes(subnet);
  return [maskBits(mask), compare('equal', network)];
}

type Named = Pick<FirewallNetwork, 'interfaceName'>;

function fromInterface({ interfaceName: name }: Named, is: 'equal' | 'different'): readonly Expression[] {
  return [loadMeta('inputName'), compare(is, interfaceName(name))];
}

function toInterface({ interfaceName: name }: Named, is: 'equal' | 'different'): readonly Expression[] {
  return [loadMeta('outputName'), compare(is, interfaceName(name))];
}

/** Bits of `ct state`: linux/netfilter/nf_conntrack_common.h */
const ESTABLISHED = 2;
const RELATED = 4;

function ofConnectionState(bits: number): readonly Expression[] {
  return [loadConnection('state'), maskBits(hostWord(bits)), compare('different', hostWord(0))];
}

/** IPS_DST_NAT: its destination was translated. */
function ofPublishedPort(): readonly Expression[] {
  return [loadConnection('status'), maskBits(hostWord(0x20)), compare('different', hostWord(0))];
}

function hostWord(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
