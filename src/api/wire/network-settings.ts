import type { Container, ContainerEndpoint } from '../../model/container.js';
import type { NetworkAttachment } from '../../model/container-config.js';
import { hasProcess } from '../../model/container-state.js';
import { DEFAULT_NETWORK, isPredefinedName, listDnsNames } from '../../model/network-names.js';
import { omitUndefined } from '../../model/omit-undefined.js';

interface WireAddress {
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly MacAddress: string;
}

export interface WireNetworkSettings extends WireAddress {
  readonly Bridge: string;
  readonly SandboxID: string;
  /** The network namespace, as `nsenter --net` takes it. */
  readonly SandboxKey: string;
  readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
  readonly HairpinMode: false;
  readonly LinkLocalIPv6Address: string;
  readonly LinkLocalIPv6PrefixLen: number;
  readonly SecondaryIPAddresses: null;
  readonly SecondaryIPv6Addresses: null;
  readonly Networks: Readonly<Record<string, WireEndpoint>>;
}

export interface WireEndpoint extends WireAddress {
  readonly IPAMConfig: Readonly<Record<string, string | readonly string[]>> | null;
  readonly Links: readonly string[] | null;
  readonly Aliases: readonly string[] | null;
  readonly DriverOpts: Readonly<Record<string, string>> | null;
  readonly GwPriority: number;
  readonly NetworkID: string;
  readonly DNSNames: readonly string[] | null;
}

/** NetworkSettings of a container: Docker Engine API 1.51. */
export function toWireNetworkSettings(container: Container): WireNetworkSettings {
  const { state, networks } = container;
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: hasProcess(state) ? `/proc/${state.init.pid}/ns/net` : '',
    Ports: hasProcess(state) ? toBoundPorts(container) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    // Docker repeats the addresses that it has in the default network.
    ...toWireAddress(networks.find(({ networkName }) => networkName === DEFAULT_NETWORK)),
    Networks: Object.fromEntries(
      networks.map((endpoint) => [endpoint.networkName, toWireEndpoint(container, endpoint)]),
    ),
  };
}

function toWireAddress(endpoint: Partial<ContainerEndpoint> = {}): WireAddress {
  const isConnected = endpoint.macAddress !== undefined;
  return {
    EndpointID: isConnected ? (endpoint.endpointId ?? '') : '',
    Gateway: endpoint.gateway ?? '',
    GlobalIPv6Address: endpoint.ip6Address ?? '',
    GlobalIPv6PrefixLen: endpoint.ip6PrefixLength ?? 0,
    IPAddress: endpoint.ipAddress ?? '',
    IPPrefixLen: endpoint.prefixLength ?? 0,
    IPv6Gateway: endpoint.ip6Gateway ?? '',
    MacAddress: endpoint.macAddress ?? '',
  };
}

function toWireEndpoint(container: Container, endpoint: ContainerEndpoint): WireEndpoint {
  const { attachment, networkName, networkId } = endpoint;
  return {
    IPAMConfig: toIpamConfig(attachment),
    Links: isPredefinedName(networkName) ? null : (attachment.links ?? null),
    Aliases: attachment.aliases ?? null,
    DriverOpts: attachment.driverOptions ?? null,
    GwPriority: attachment.gatewayPriority ?? 0,
    NetworkID: networkId,
    ...toWireAddress(endpoint),
    // An endpoint without an interface: of the networks host and none.
    ...(hasProcess(container.state) && { EndpointID: endpoint.endpointId }),
    DNSNames: isPredefinedName(networkName) ? null : listDnsNames(container, endpoint),
  };
}

function toIpamConfig({ ipAddress, ip6Address, linkLocalIps }: NetworkAttachment): WireEndpoint['IPAMConfig'] {
  const asked = omitUndefined({ IPv4Address: ipAddress, IPv6Address: ip6Address, LinkLocalIPs: linkLocalIps });
  return Object.keys(asked).length === 0 ? null : asked;
}

/** Those that are exposed alone lead from nowhere: `null`. */
function toBoundPorts({ config, publishedPorts = [] }: Container): WireNetworkSettings['Ports'] {
  const ports: Record<string, { readonly HostIp: string; readonly HostPort: string }[] | null> = {};
  for (const exposed of config.exposedPorts ?? []) ports[exposed] = null;
  for (const { containerPort, protocol, hostIp, hostPort } of publishedPorts) {
    const key = `${containerPort}/${protocol}`;
    const binding = { HostIp: hostIp ?? '0.0.0.0', HostPort: hostPort === undefined ? '' : String(hostPort) };
    ports[key] = [...(ports[key] ?? []), binding];
  }
  return ports;
}
