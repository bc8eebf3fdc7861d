import type { EndpointRequest } from './endpoint-requests.js';
import type { PORT_MAPS } from './firewall-rules.js';
import { toAddressBytes } from './netlink/addresses.js';
import { addElement, deleteElement, joinParts, makeBatch, port } from './netlink/filter.js';
import { encodeMessages } from './netlink/message.js';

/** A port of the host. */
export interface HostPlace {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** `0.0.0.0` and `::` are all addresses of the family. */
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** One that leads to one of a container. */
export interface PublishedPort extends HostPlace {
  /** Of the same family. */
  readonly containerAddress: string;
  readonly containerPort: number;
}

/** IPPROTO_… */
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

/** The elements of the firewall's maps, and what takes them out at the end. */
export function publishPorts(table: string, ports: readonly PublishedPort[]): readonly EndpointRequest[] {
  if (ports.length === 0) return [];
  const elements = ports.map((published) => ({ table, ...toKey(published), value: toValue(published) }));
  return [
    { place: 'filter', what: 'publish its ports', messages: encodeMessages(makeBatch(elements.map(addElement))) },
    ...withdrawPorts(table, ports).map((request) => ({ ...request, place: 'end' as const })),
  ];
}

/** Takes them out of the firewall, one by one: what is gone already must not keep the others. */
export function withdrawPorts(table: string, ports: readonly HostPlace[]): readonly EndpointRequest[] {
  return ports.map((place) => ({
    place: 'filter',
    messages: encodeMessages(makeBatch([deleteElement({ table, ...toKey(place) })])),
  }));
}

function toKey({ protocol, hostAddress, hostPort }: HostPlace): {
  readonly map: keyof typeof PORT_MAPS;
  readonly key: Buffer;
} {
  const family = hostAddress.includes(':') ? 6 : 4;
  const isAny = hostAddress === '0.0.0.0' || hostAddress === '::';
  const address = isAny ? [] : [toAddressBytes(hostAddress)];
  return {
    map: `${isAny ? 'any' : 'bound'}${family}`,
    key: joinParts(...address, Uint8Array.of(PROTOCOLS[protocol]), port(hostPort)),
  };
}

function toValue({ containerAddress, containerPort }: PublishedPort): Buffer {
  return joinParts(toAddressBytes(containerAddress), port(containerPort));
}
