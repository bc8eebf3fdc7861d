import type { Container } from '../../model/container.js';
import type { Network } from '../../model/network.js';
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
    readonly Config: readonly { readonly Subnet: string; readonly Gateway?: string }[];
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

export interface WireNetworkContainer {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  readonly IPv4Address: string;
  readonly IPv6Address: string;
}

/** A network in Docker's words; `containers` are those that run, of which the connected ones are shown. */
export function toWireNetwork(network: Network, containers: readonly Container[]): WireNetwork {
  const { subnet, gateway } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: toWireTime(network.createdAtMs),
    Scope: network.driver === 'overlay' ? 'swarm' : 'local',
    Driver: network.driver === 'none' ? 'null' : network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: {},
      Config: subnet === undefined ? [] : [{ Subnet: subnet, ...(gateway === undefined ? {} : { Gateway: gateway }) }],
    },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers.flatMap((container) => toConnected(network, container))),
    Options: {},
    Labels: network.labels,
  };
}

function toConnected(network: Network, container: Container): readonly (readonly [string, WireNetworkContainer])[] {
  const endpoint = container.networks.find(({ networkId }) => networkId === network.id);
  if (endpoint === undefined) {
    return [];
  }
  const { ipAddress, macAddress } = endpoint;
  const connected = {
    Name: container.name,
    EndpointID: '',
    MacAddress: macAddress ?? '',
    IPv4Address: ipAddress ?? '',
    IPv6Address: '',
  };
  return [[container.id, connected]];
}
