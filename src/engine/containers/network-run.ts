import type { ContainerEndpoint } from '../../model/container.js';
import type { BoundPort } from '../../model/container-config.js';
import type { Network } from '../../model/network.js';
import { encodePlan, type PlanSetting } from '../isolation/init-plan-encoding.js';
import { toNetlinkSetting } from '../isolation/netlink-role.js';
import { canReachEachOther, readMtu } from '../networks/driver-options.js';
import { readSysctls } from '../networks/endpoint-options.js';
import { connectEndpoint, disconnectEndpoint, type EndpointLink, routeThrough } from '../networks/endpoint-requests.js';
import { findFirewall } from '../networks/firewall.js';
import type { OpenedPort } from '../networks/firewall-rules.js';
import { formatHost } from '../networks/host-ports.js';
import type { NetlinkRequest } from '../networks/netlink/request.js';
import { closePorts, openPorts, type PublishedPort, publishPorts, withdrawPorts } from '../networks/port-requests.js';
import { DNS_PORT, RESOLVER_PORT, redirectResolver } from '../networks/resolver-rules.js';
import { readInterfaceIndex } from './endpoints.js';
import type { ResolverSettings } from './network-names.js';
import { findServed, findWay } from './network-ways.js';

/** A container's place in a network that is up. */
export interface ConnectedEndpoint {
  readonly endpoint: ContainerEndpoint;
  readonly network: Network;
  /** Of the bridge, or of the parent. */
  readonly linkIndex: number;
}

export interface NetworkRunInput {
  readonly containerName: string;
  /** The table of the firewall. */
  readonly table: string;
  /** The firewall leads to published ports; else monitors carry all that comes to them. */
  readonly isTranslating: boolean;
  readonly endpoints: readonly ConnectedEndpoint[];
  readonly ports: readonly BoundPort[];
  /** Which others reach at its own addresses. */
  readonly opened: readonly OpenedPort[];
  readonly resolver?: ResolverSettings;
}

/** What a monitor is told of the networks of its container, as the bytes of a plan. native/README.md, `network` */
export function compileNetworkRun(input: NetworkRunInput): Uint8Array {
  const { table, endpoints, ports, containerName } = input;
  const requests: readonly NetlinkRequest[] = [
    ...(usesFirewall(input) ? [findFirewall(table)] : []),
    ...toLinks(input).flatMap(connectEndpoint),
    ...publishPorts(table, toPublishedPorts(input)),
    ...openPorts(table, toOpenedPorts(input)),
    ...(input.resolver && input.isTranslating ? [redirectResolver()] : []),
  ];
  const owner = `endpoint ${containerName} (${endpoints[0]?.endpoint.endpointId ?? ''})`;
  const settings: readonly PlanSetting[] = [
    ...ports.map((port) =>
      toPortSetting(port, toPublished(port, endpoints), { owner, isTranslating: input.isTranslating }),
    ),
    ...requests.map(toNetlinkSetting),
    ...endpoints.flatMap(toParameters),
    ...toResolverSetting(input),
  ];
  return encodePlan({ settings, operations: [] });
}

/** A start looks for the rules over the socket that its ports need anyway: others may have flushed them. */
function usesFirewall({ isTranslating, endpoints }: NetworkRunInput): boolean {
  return isTranslating && endpoints.some(({ network }) => network.driver === 'bridge');
}

function toResolverSetting({ resolver, isTranslating }: NetworkRunInput): readonly PlanSetting[] {
  if (resolver === undefined) return [];
  const { folder, containerId, isInternal, servers, networkIds } = resolver;
  const flags = isInternal ? 'internal' : '';
  return [
    [
      'resolver',
      isTranslating ? RESOLVER_PORT : DNS_PORT,
      folder,
      containerId,
      flags,
      servers.join(','),
      ...networkIds,
    ],
  ];
}

/**
 * What takes a running container from one set of endpoints to another, as the bytes of a plan: what is sent now, and in its setting
 * `network` what counts at the next start.
 */
export function compileNetworkChange(before: NetworkRunInput, after: NetworkRunInput, changePath: string): Uint8Array {
  const [old, next] = [toLinks(before), toLinks(after)];
  const isIn = (links: readonly EndpointLink[], { name }: EndpointLink) => links.some((link) => link.name === name);
  const [gone, come] = [old.filter((link) => !isIn(next, link)), next.filter((link) => !isIn(old, link))];
  const [oldPorts, nextPorts] = [toPublishedPorts(before), toPublishedPorts(after)];
  const isSame = JSON.stringify(oldPorts) === JSON.stringify(nextPorts);
  const [oldOpened, nextOpened] = [toOpenedPorts(before), toOpenedPorts(after)];
  const isOpenedSame = JSON.stringify(oldOpened) === JSON.stringify(nextOpened);
  const requests: readonly NetlinkRequest[] = [
    ...(isSame ? [] : withdrawPorts(before.table, oldPorts)),
    ...(isOpenedSame ? [] : closePorts(before.table, oldOpened)),
    ...gone.map(disconnectEndpoint),
    ...come.flatMap(connectEndpoint),
    ...next.filter((link) => isIn(old, link)).flatMap(routeThrough),
    ...(isSame ? [] : publishPorts(after.table, nextPorts).filter(({ place }) => place === 'filter')),
    ...(isOpenedSame ? [] : openPorts(after.table, nextOpened).filter(({ place }) => place === 'filter')),
    ...(after.resolver && after.isTranslating && !before.resolver ? [redirectResolver()] : []),
  ];
  const isNew = ({ endpoint }: ConnectedEndpoint) => come.some(({ name }) => name === nameInside(endpoint));
  const settings: readonly PlanSetting[] = [
    ...requests.map(toNetlinkSetting),
    ...after.endpoints.filter(isNew).flatMap(toParameters),
    ['network', compileNetworkRun(after), changePath],
  ];
  return encodePlan({ settings, operations: [] });
}

/** What `com.docker.network.endpoint.sysctls` asks for. */
function toParameters({ endpoint }: ConnectedEndpoint): readonly PlanSetting[] {
  const options = endpoint.attachment.driverOptions ?? {};
  return readSysctls(options, nameInside(endpoint)).map(({ path, value }) => ['parameter', path, value]);
}

function nameInside({ interfaceName = 'eth0' }: ContainerEndpoint): string {
  return interfaceName;
}

function toLinks({ endpoints, ports }: NetworkRunInput): readonly EndpointLink[] {
  const ways = { way4: findWay(endpoints, 4), way6: findWay(endpoints, 6), ports };
  return endpoints.map((connected) => toLink(connected, ways));
}

/** What the firewall leads. A port that no endpoint can serve leads nowhere: its network has no way out. */
export function toPublishedPorts({ ports, endpoints, isTranslating }: NetworkRunInput): readonly PublishedPort[] {
  if (!isTranslating) return [];
  return ports.map((port) => toPublished(port, endpoints)).filter(isTranslated);
}

/** What the elements of the firewall open; rules of iptables name it themselves. */
export function toOpenedPorts({ opened, isTranslating }: NetworkRunInput): readonly OpenedPort[] {
  return isTranslating ? opened : [];
}

/** The firewall leads to addresses of the same family. */
function isTranslated({ hostIp, containerAddress }: PublishedPort): boolean {
  return containerAddress !== '' && hostIp.includes(':') === containerAddress.includes(':');
}

/** At IPv6 addresses the monitor carries what the firewall cannot lead: to an IPv4 address, and from the host's own loopback. */
function isCarried({ hostIp }: PublishedPort): boolean {
  return hostIp.includes(':');
}

interface Ways {
  readonly way4: ConnectedEndpoint | undefined;
  readonly way6: ConnectedEndpoint | undefined;
  readonly ports: readonly BoundPort[];
}

function toLink(connected: ConnectedEndpoint, { way4, way6, ports }: Ways): EndpointLink {
  const { endpoint, network, linkIndex } = connected;
  const { ipAddress, prefixLength, gateway, ip6Address, ip6PrefixLength, ip6Gateway, attachment } = endpoint;
  const mtu = readMtu(network.options);
  return {
    name: nameInside(endpoint),
    index: network.driver === 'bridge' ? readInterfaceIndex(endpoint) : toDirectIndex(endpoint.endpointId),
    link: toLinkKind(connected, linkIndex, ports),
    ...(mtu !== undefined && { mtu }),
    addresses: [
      ...(ipAddress === undefined ? [] : [`${ipAddress}/${prefixLength}`]),
      ...(ip6Address === undefined ? [] : [`${ip6Address}/${ip6PrefixLength}`]),
      ...(attachment.linkLocalIps ?? []).map((address) => `${address}/${address.includes(':') ? 64 : 16}`),
    ],
    defaultRoutes: [
      ...(connected === way4 && gateway !== undefined ? [{ family: 4 as const, gateway }] : []),
      ...(connected === way6 && ip6Gateway !== undefined ? [{ family: 6 as const, gateway: ip6Gateway }] : []),
    ],
  };
}

function toLinkKind(
  { endpoint, network }: ConnectedEndpoint,
  linkIndex: number,
  ports: readonly BoundPort[],
): EndpointLink['link'] {
  if (network.driver === 'bridge') {
    return {
      kind: 'veth',
      hostName: toHostName(endpoint.endpointId),
      bridgeName: network.interfaceName ?? '',
      bridgeIndex: linkIndex,
      macAddress: endpoint.macAddress ?? '',
      hairpin: ports.length > 0,
      isolated: !canReachEachOther(network.options),
    };
  }
  return {
    kind: network.driver === 'ipvlan' ? 'ipvlan' : 'macvlan',
    parentIndex: linkIndex,
    mode: toMode(network),
    ...(network.driver === 'macvlan' && endpoint.macAddress !== undefined && { macAddress: endpoint.macAddress }),
  };
}

/** One that no interface of the host has: there the kernel looks when it makes one on a parent. It counts its own from 1. */
function toDirectIndex(endpointId: string): number {
  return 0x1000_0000 + Number.parseInt(endpointId.slice(0, 7), 16);
}

/** The host's end of the pair: Docker's `veth` and seven digits. */
function toHostName(endpointId: string): string {
  return `veth${endpointId.slice(0, 7)}`;
}

/** linux/if_link.h: MACVLAN_MODE_…, IPVLAN_MODE_… */
const MACVLAN_MODES: Readonly<Record<string, number>> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };
const IPVLAN_MODES: Readonly<Record<string, number>> = { l2: 0, l3: 1, l3s: 2 };

function toMode({ driver, options }: Network): number {
  if (driver === 'ipvlan') return IPVLAN_MODES[options['ipvlan_mode'] ?? 'l2'] ?? 0;
  return MACVLAN_MODES[options['macvlan_mode'] ?? 'bridge'] ?? 4;
}

function toPublished(
  { protocol, hostIp, hostPort, containerPort }: BoundPort,
  endpoints: readonly ConnectedEndpoint[],
): PublishedPort {
  const served = findServed(endpoints, hostIp);
  const containerAddress = served === undefined || served.isRouted ? '' : served.address;
  return { protocol, hostIp, hostPort, containerAddress, containerPort };
}

/** Its last field is what a failure is told with: Docker's words up to the reason. */
function toPortSetting(
  { protocol, hostIp, hostPort }: BoundPort,
  published: PublishedPort,
  { owner, isTranslating }: { readonly owner: string; readonly isTranslating: boolean },
): PlanSetting {
  const inside = `${formatHost(published.containerAddress)}:${published.containerPort}/${protocol}`;
  const text = `driver failed programming external connectivity on ${owner}: failed to bind host port for ${formatHost(hostIp)}:${hostPort}:${inside}`;
  const target = !isTranslating || isCarried(published) ? published : undefined;
  return [
    'port',
    protocol,
    hostIp,
    hostPort,
    text,
    target?.containerAddress ?? '',
    target?.containerAddress ? target.containerPort : '',
  ];
}
