import type { AddressPool, NetworkDetails, NetworkMember } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { toWireTime } from './time.js';

/** The answer of `GET /networks/{id}`: Docker Engine API 1.51, Network. */
export interface WireNetwork {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: {
    readonly Driver: string;
    readonly Options: Readonly<Record<string, string>> | null;
    readonly Config: readonly WirePool[];
  };
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigFrom: { readonly Network: string };
  readonly ConfigOnly: boolean;
  readonly Containers: Readonly<Record<string, WireNetworkContainer>>;
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface WirePool {
  readonly Subnet: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

export interface WireNetworkContainer {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  readonly IPv4Address: string;
  readonly IPv6Address: string;
}

/** A network in Docker's words, with those of its containers that run. */
export function toWireNetwork(network: NetworkDetails): WireNetwork {
  return {
    Name: network.name,
    Id: network.id,
    Created: toWireTime(network.createdAtMs),
    Scope: 'local',
    Driver: network.driver === 'none' ? 'null' : network.driver,
    EnableIPv4: network.enableIpv4,
    EnableIPv6: network.enableIpv6,
    IPAM: {
      Driver: 'default',
      Options: isPredefinedName(network.name) ? null : network.ipamOptions,
      Config: network.pools.map(toWirePool),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? '' },
    ConfigOnly: network.configOnly === true,
    Containers: Object.fromEntries(network.members.map(toConnected)),
    Options: network.options,
    Labels: network.labels,
  };
}

function toWirePool({ subnet, ipRange, gateway, auxAddresses }: AddressPool): WirePool {
  return omitUndefined({ Subnet: subnet, IPRange: ipRange, Gateway: gateway, AuxiliaryAddresses: auxAddresses });
}

function toConnected(member: NetworkMember): readonly [string, WireNetworkContainer] {
  const connected = {
    Name: member.containerName,
    EndpointID: member.endpointId,
    MacAddress: member.macAddress ?? '',
    IPv4Address: member.ipv4Address ?? '',
    IPv6Address: member.ipv6Address ?? '',
  };
  return [member.containerId, connected];
}
