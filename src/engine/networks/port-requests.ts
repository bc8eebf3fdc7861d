import type { BoundPort } from '../../model/container-config.js';
import type { OPEN_SETS, OpenedPort, PORT_MAPS } from './firewall-rules.js';
import { toAddressBytes } from './netlink/addresses.js';
import { addElement, deleteElement, joinParts, type MapElement, makeBatch, port } from './netlink/filter.js';
import { type HostRequest, type NetlinkRequest, toRequest } from './netlink/request.js';

/** A port of the host; `0.0.0.0` and `::` are all addresses of the family. */
export type HostPlace = Pick<BoundPort, 'protocol' | 'hostIp' | 'hostPort'>;

/** One that leads to one of a container. */
export interface PublishedPort extends HostPlace {
  /** Of the same family. */
  readonly containerAddress: string;
  readonly containerPort: number;
}

/** IPPROTO_… */
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

type Element = Omit<MapElement, 'table'> & { readonly value?: Buffer };

/** The elements of the firewall's maps, and what takes them out at the end. */
export function publishPorts(table: string, ports: readonly PublishedPort[]): readonly NetlinkRequest[] {
  const elements = ports.map((published) => ({ ...toKey(published), value: toValue(published) }));
  return addElements(table, 'publish its ports', elements);
}

export function withdrawPorts(table: string, ports: readonly HostPlace[]): readonly HostRequest[] {
  return deleteElements(table, ports.map(toKey));
}

/** The elements of the firewall's sets, and what takes them out at the end. */
export function openPorts(table: string, ports: readonly OpenedPort[]): readonly NetlinkRequest[] {
  return addElements(table, 'open its ports', ports.map(toMember));
}

export function closePorts(table: string, ports: readonly OpenedPort[]): readonly HostRequest[] {
  return deleteElements(table, ports.map(toMember));
}

function addElements(table: string, what: string, elements: readonly Element[]): readonly NetlinkRequest[] {
  if (elements.length === 0) return [];
  return [
    toRequest('filter', what, makeBatch(elements.map((element) => addElement({ table, ...element })))),
    ...deleteElements(table, elements).map((request) => ({ ...request, place: 'end' as const })),
  ];
}

/** Takes them out of the firewall, one by one: what is gone already must not keep the others. */
function deleteElements(table: string, elements: readonly Element[]): readonly HostRequest[] {
  return elements.map(({ map, key }) =>
    toRequest('filter', undefined, makeBatch([deleteElement({ table, map, key })])),
  );
}

function toMember({ protocol, address, port: number }: OpenedPort): {
  readonly map: keyof typeof OPEN_SETS;
  readonly key: Buffer;
} {
  return {
    map: address.includes(':') ? 'open6' : 'open4',
    key: joinParts(toAddressBytes(address), Uint8Array.of(PROTOCOLS[protocol]), port(number)),
  };
}

function toKey({ protocol, hostIp, hostPort }: HostPlace): {
  readonly map: keyof typeof PORT_MAPS;
  readonly key: Buffer;
} {
  const family = hostIp.includes(':') ? 6 : 4;
  const isAny = hostIp === '0.0.0.0' || hostIp === '::';
  const address = isAny ? [] : [toAddressBytes(hostIp)];
  return {
    map: `${isAny ? 'any' : 'bound'}${family}`,
    key: joinParts(...address, Uint8Array.of(PROTOCOLS[protocol]), port(hostPort)),
  };
}

function toValue({ containerAddress, containerPort }: PublishedPort): Buffer {
  return joinParts(toAddressBytes(containerAddress), port(containerPort));
}
