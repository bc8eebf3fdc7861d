import { toAddressBytes, toMacBytes, toPrefixedBytes } from './addresses.js';
import { type Attribute, encodeAttributes, FLAGS, type Message, nested, raw, text, u8, u16, u32 } from './message.js';

/** rtnetlink(7), linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h */
const RTM = { newLink: 16, deleteLink: 17, newAddress: 20, newRoute: 24 } as const;
const IFLA = {
  ...{ address: 1, name: 3, mtu: 4, link: 5, master: 10, queueLength: 13 },
  ...{ linkInfo: 18, alias: 20, afSpec: 26, networkFd: 28 },
};
const LINK_INFO = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;
const BRIDGE_PORT = { hairpin: 4, isolated: 33 } as const;
const IFF_UP = 1;
const AF = { inet: 2, inet6: 10 } as const;
const CREATE = FLAGS.ack | FLAGS.create | FLAGS.excl;

/** Where a message has this for the descriptor of a namespace, the sender puts it. */
const NAMESPACE_MARK = 0x7a6e_7467;

/** A bridge that is not up yet. */
export function makeBridge({ name, mtu }: { readonly name: string; readonly mtu?: number }): Message {
  return link(RTM.newLink, CREATE, {}, [
    text(IFLA.name, name),
    ...(mtu === undefined ? [] : [u32(IFLA.mtu, mtu)]),
    nested(IFLA.linkInfo, text(LINK_INFO.kind, 'bridge')),
  ]);
}

/** An interface that leads nowhere. */
export function makeDummy(name: string): Message {
  return link(RTM.newLink, CREATE, {}, [text(IFLA.name, name), nested(IFLA.linkInfo, text(LINK_INFO.kind, 'dummy'))]);
}

export interface VlanLink {
  readonly name: string;
  readonly parentIndex: number;
  /** 1 to 4094 */
  readonly vlanId: number;
}

/** What an interface of the host has of one VLAN. */
export function makeVlan({ name, parentIndex, vlanId }: VlanLink): Message {
  return link(RTM.newLink, CREATE, {}, [
    text(IFLA.name, name),
    u32(IFLA.link, parentIndex),
    nested(IFLA.linkInfo, text(LINK_INFO.kind, 'vlan'), nested(LINK_INFO.data, u16(1, vlanId))),
  ]);
}

/** Kept with the interface, /sys/class/net/NAME/ifalias; it is not taken when one is made. */
export function setAlias(name: string, alias: string): Message {
  return link(RTM.newLink, FLAGS.ack, {}, [text(IFLA.name, name), text(IFLA.alias, alias)]);
}

/** It gives itself no IPv6 address. Only of what is there: an interface is not made like this. IN6_ADDR_GEN_MODE_NONE */
export function withoutOwnAddresses(of: { readonly name: string } | { readonly index: number }): Message {
  const name = 'name' in of ? [text(IFLA.name, of.name)] : [];
  const mode = nested(IFLA.afSpec, nested(AF.inet6, u8(8, 1)));
  return link(RTM.newLink, FLAGS.ack, 'index' in of ? of : {}, [...name, mode]);
}

/** Of an interface that is not up. */
export function rename(index: number, name: string): Message {
  return link(RTM.newLink, FLAGS.ack, { index }, [text(IFLA.name, name)]);
}

export function bringUp(index: number): Message {
  return link(RTM.newLink, FLAGS.ack, { index, isUp: true }, []);
}

export function deleteLink(name: string): Message {
  return link(RTM.deleteLink, FLAGS.ack, {}, [text(IFLA.name, name)]);
}

export function deleteLinkOfIndex(index: number): Message {
  return link(RTM.deleteLink, FLAGS.ack, { index }, []);
}

export interface VethLink {
  readonly name: string;
  readonly index: number;
  readonly macAddress: string;
  readonly mtu?: number;
  /** The other end, in the namespace that the sender names. */
  readonly peerName: string;
}

/** A pair of interfaces. The kernel takes the index of the one alone that is made, not of its peer. */
export function makeVeth({ name, index, macAddress, mtu, peerName }: VethLink): Message {
  // Docker's: it has no queue of its own.
  const size = [u32(IFLA.queueLength, 0), ...(mtu === undefined ? [] : [u32(IFLA.mtu, mtu)])];
  const peer: Attribute = raw(
    1,
    Buffer.concat([
      linkHeader({}),
      encodeAttributes([text(IFLA.name, peerName), ...size, u32(IFLA.networkFd, NAMESPACE_MARK)]),
    ]),
  );
  return link(RTM.newLink, CREATE, { index }, [
    text(IFLA.name, name),
    raw(IFLA.address, toMacBytes(macAddress)),
    ...size,
    nested(IFLA.linkInfo, text(LINK_INFO.kind, 'veth'), nested(LINK_INFO.data, peer)),
  ]);
}

/** Makes an interface a port of a bridge, and brings it up. */
export function joinBridge(name: string, bridgeIndex: number): Message {
  return link(RTM.newLink, FLAGS.ack, { isUp: true }, [text(IFLA.name, name), u32(IFLA.master, bridgeIndex)]);
}

export interface DirectLink {
  readonly kind: 'macvlan' | 'ipvlan';
  readonly parentIndex: number;
  /** MACVLAN_MODE_… or IPVLAN_MODE_… */
  readonly mode: number;
  readonly mtu?: number;
  readonly name: string;
  readonly index: number;
  readonly macAddress?: string;
}

/** An interface of the container's own on one of the host. */
export function makeDirectLink({ kind, parentIndex, mode, mtu, name, index, macAddress }: DirectLink): Message {
  return link(RTM.newLink, CREATE, { index }, [
    text(IFLA.name, name),
    u32(IFLA.link, parentIndex),
    ...(mtu === undefined ? [] : [u32(IFLA.mtu, mtu)]),
    ...(macAddress === undefined ? [] : [raw(IFLA.address, toMacBytes(macAddress))]),
    u32(IFLA.networkFd, NAMESPACE_MARK),
    nested(
      IFLA.linkInfo,
      text(LINK_INFO.kind, kind),
      nested(LINK_INFO.data, kind === 'macvlan' ? u32(1, mode) : u16(1, mode)),
    ),
  ]);
}

/** What a port of a bridge may: send back where it came from, or reach no other such port. */
export function setBridgePort(
  name: string,
  { hairpin, isolated }: { readonly hairpin?: boolean; readonly isolated?: boolean },
): Message {
  return link(RTM.newLink, FLAGS.ack, {}, [
    text(IFLA.name, name),
    nested(
      IFLA.linkInfo,
      text(LINK_INFO.slaveKind, 'bridge'),
      nested(
        LINK_INFO.slaveData,
        ...(hairpin === undefined ? [] : [u8(BRIDGE_PORT.hairpin, Number(hairpin))]),
        ...(isolated === undefined ? [] : [u8(BRIDGE_PORT.isolated, Number(isolated))]),
      ),
    ),
  ]);
}

/** `address` with its prefix: `172.17.0.1/16`. An IPv6 address is used at once: nobody else can have it. */
export function addAddress(index: number, prefixed: string): Message {
  const { version, prefixLength, address, network, mask } = toPrefixedBytes(prefixed);
  const isV6 = version === 6;
  // ifa_family, ifa_prefixlen, ifa_flags (IFA_F_NODAD), ifa_scope, ifa_index
  const header = Buffer.from([isV6 ? AF.inet6 : AF.inet, prefixLength, isV6 ? 2 : 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  const last = Buffer.from(network.map((byte, at) => byte | (~(mask[at] ?? 0) & 0xff)));
  const broadcast = isV6 || prefixLength > 30 ? [] : [raw(4, last)];
  return { type: RTM.newAddress, flags: CREATE, header, attributes: [raw(2, address), raw(1, address), ...broadcast] };
}

/**
 * The way to all that is not near, in place of another one. Without a gateway everything is near: `index` is the interface.
 */
export function setDefaultRoute(index: number, family: 4 | 6, gateway?: string): Message {
  const SCOPE = { universe: 0, link: 253 };
  // rtm_family, dst_len, src_len, tos, table (main), protocol (boot), scope, type (unicast), flags
  const header = Buffer.from([
    family === 6 ? AF.inet6 : AF.inet,
    0,
    0,
    0,
    254,
    3,
    gateway === undefined ? SCOPE.link : SCOPE.universe,
    1,
    0,
    0,
    0,
    0,
  ]);
  return {
    type: RTM.newRoute,
    flags: FLAGS.ack | FLAGS.create | FLAGS.replace,
    header,
    attributes: [u32(4, index), ...(gateway === undefined ? [] : [raw(5, toAddressBytes(gateway))])],
  };
}

/** Where the descriptor of the container's namespace goes, bytes from the beginning. */
export function findNamespaceMark(bytes: Uint8Array): number | undefined {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(NAMESPACE_MARK);
  const offset = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(mark);
  return offset === -1 ? undefined : offset;
}

interface LinkState {
  readonly index?: number;
  readonly isUp?: boolean;
}

function link(type: number, flags: number, state: LinkState, attributes: readonly Attribute[]): Message {
  return { type, flags, header: linkHeader(state), attributes };
}

/** struct ifinfomsg */
function linkHeader({ index = 0, isUp = false }: LinkState): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(isUp ? IFF_UP : 0, 8);
  header.writeUInt32LE(isUp ? IFF_UP : 0, 12);
  return header;
}
