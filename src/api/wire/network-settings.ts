import type { Container } from '../../model/container.js';
import type { ContainerConfig } from '../../model/container-config.js';
import { hasProcess } from '../../model/container-state.js';

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
  readonly IPAMConfig: null;
  readonly Links: null;
  readonly Aliases: null;
  readonly DriverOpts: null;
  readonly NetworkID: string;
}

/** What no network of this engine gives yet. */
const NO_ADDRESS = {
  EndpointID: '',
  Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
  IPPrefixLen: 0,
  IPv6Gateway: '',
};

/** NetworkSettings of a container: Docker Engine API 1.51. */
export function toWireNetworkSettings(container: Container): WireNetworkSettings {
  const { state } = container;
  const first = container.networks[0];
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: hasProcess(state) ? `/proc/${state.init.pid}/ns/net` : '',
    Ports: hasProcess(state) ? toBoundPorts(container.config) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...NO_ADDRESS,
    IPAddress: first?.ipAddress ?? '',
    MacAddress: first?.macAddress ?? '',
    Networks: Object.fromEntries(
      container.networks.map((endpoint) => [
        endpoint.networkName,
        {
          IPAMConfig: null,
          Links: null,
          Aliases: null,
          DriverOpts: null,
          NetworkID: endpoint.networkId,
          ...NO_ADDRESS,
          IPAddress: endpoint.ipAddress ?? '',
          MacAddress: endpoint.macAddress ?? '',
        },
      ]),
    ),
  };
}

function toBoundPorts(config: ContainerConfig): WireNetworkSettings['Ports'] {
  const ports: Record<string, { readonly HostIp: string; readonly HostPort: string }[]> = {};
  for (const { containerPort, protocol, hostIp, hostPort } of config.ports ?? []) {
    const key = `${containerPort}/${protocol}`;
    const binding = { HostIp: hostIp ?? '0.0.0.0', HostPort: hostPort === undefined ? '' : String(hostPort) };
    ports[key] = [...(ports[key] ?? []), binding];
  }
  return ports;
}
