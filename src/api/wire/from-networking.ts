import { z } from 'zod/mini';
import type { ContainerConfig, NetworkAttachment, NetworkMode, PortBinding } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import { DEFAULT_NETWORK } from '../../model/network-names.js';
import { nonEmpty, nonEmptyRecord, omitUndefined } from '../../model/omit-undefined.js';
import { parseDns, parseDomain, parseExtraHost } from '../../model/run-connections.js';
import { isUserDefined, parseLink } from '../../model/run-networks.js';
import { parseExposedPorts, parsePublishedPorts } from '../../model/run-ports.js';
import { goBoolean, goInteger, goObject, type goSet, goText, goTextMap, goTexts } from './go-json.js';

/** Docker Engine API 1.51, EndpointSettings: what a container asks of a network. */
export const endpointSchema = goObject({
  IPAMConfig: z.optional(goObject({ IPv4Address: goText, IPv6Address: goText, LinkLocalIPs: goTexts })),
  Links: goTexts,
  Aliases: goTexts,
  MacAddress: goText,
  DriverOpts: goTextMap,
  GwPriority: goInteger,
});

/** What of HostConfig is about networks. */
export const networkFields = {
  NetworkMode: goText,
  PortBindings: z.optional(
    z.record(
      z.string(),
      z.pipe(
        z.transform((value: unknown): unknown => value ?? []),
        z.array(goObject({ HostIp: goText, HostPort: goText })),
      ),
    ),
  ),
  PublishAllPorts: goBoolean,
  Links: goTexts,
  Dns: goTexts,
  DnsOptions: goTexts,
  DnsSearch: goTexts,
  ExtraHosts: goTexts,
};

const hostFields = goObject(networkFields);

export const networkingSchema = goObject({
  EndpointsConfig: z.optional(
    z.record(
      z.string(),
      z.pipe(
        z.transform((value: unknown): unknown => value ?? {}),
        endpointSchema,
      ),
    ),
  ),
});

export interface WireNetworking {
  readonly host: z.output<typeof hostFields>;
  readonly endpoints: z.output<typeof networkingSchema>['EndpointsConfig'];
  readonly exposed: z.output<typeof goSet>;
  readonly macAddress: string | undefined;
}

/** Networks, ports and names. Throws invalid-argument. */
export function fromWireNetworking(wire: WireNetworking): Partial<ContainerConfig> {
  const { host } = wire;
  return omitUndefined({
    networks: nonEmpty(toAttachments(wire).filter(isMoreThanMode)),
    ports: nonEmpty(Object.entries(host.PortBindings ?? {}).flatMap(toPorts)),
    exposedPorts: nonEmpty(Object.keys(wire.exposed ?? {}).flatMap(parseExposedPorts)),
    publishAll: host.PublishAllPorts === true ? true : undefined,
    extraHosts: nonEmpty((host.ExtraHosts ?? []).map(parseExtraHost)),
    dns: nonEmpty((host.Dns ?? []).map(parseDns)),
    dnsSearch: nonEmpty((host.DnsSearch ?? []).map(parseDomain)),
    dnsOptions: nonEmpty(host.DnsOptions ?? []),
  });
}

/** The word of `NetworkMode`; `bridge` is the default network. */
export function toNetworkMode(text = ''): NetworkMode {
  return ['', 'default', DEFAULT_NETWORK].includes(text) ? 'default' : text;
}

/** One of a container's places: what a client says of it. Throws invalid-argument. */
export function fromWireEndpoint(
  network: string,
  { IPAMConfig = {}, ...wire }: z.output<typeof endpointSchema>,
): NetworkAttachment {
  return omitUndefined({
    network,
    aliases: nonEmpty(wire.Aliases ?? []),
    links: nonEmpty((wire.Links ?? []).map(parseLink)),
    ipAddress: IPAMConfig.IPv4Address || undefined,
    ip6Address: IPAMConfig.IPv6Address || undefined,
    linkLocalIps: nonEmpty(IPAMConfig.LinkLocalIPs ?? []),
    macAddress: wire.MacAddress || undefined,
    driverOptions: nonEmptyRecord(wire.DriverOpts ?? {}),
    gatewayPriority: wire.GwPriority || undefined,
  });
}

/** Those that are named, the one of the mode first; else the one of the mode alone. */
function toAttachments({ host, endpoints = {}, macAddress }: WireNetworking): readonly NetworkAttachment[] {
  const mode = toNetworkMode(host.NetworkMode);
  const named = Object.entries(endpoints).map(([name, wire]) => fromWireEndpoint(toNetworkMode(name), wire));
  const isOfMode = ({ network }: NetworkAttachment): boolean => network === mode;
  const all = [...named.filter(isOfMode), ...named.filter((attachment) => !isOfMode(attachment))];
  const [first = { network: mode }, ...rest] =
    all.some(isOfMode) || (mode === 'default' && all.length > 0) ? all : [{ network: mode }, ...all];
  const links = nonEmpty((host.Links ?? []).map(parseLink));
  const joined = omitUndefined({
    ...first,
    links: links === undefined ? first.links : [...(first.links ?? []), ...links],
    macAddress: first.macAddress ?? (macAddress || undefined),
  });
  return [joined, ...rest];
}

/** A mode of the namespace alone says all there is to say of it. */
function isMoreThanMode({ network, ...options }: NetworkAttachment): boolean {
  return (network !== 'default' && isUserDefined(network)) || Object.keys(options).length > 0;
}

function toPorts([port, bindings]: [
  string,
  readonly { readonly HostIp?: string | undefined; readonly HostPort?: string | undefined }[],
]): readonly PortBinding[] {
  if (!/^\d{1,5}(-\d{1,5})?(\/\w+)?$/.test(port)) {
    throw new EngineError('invalid-argument', `invalid port specification: ${JSON.stringify(port)}`);
  }
  return bindings.flatMap(({ HostIp = '', HostPort = '' }) => {
    const address = HostIp.includes(':') && !HostIp.startsWith('[') ? `[${HostIp}]` : HostIp;
    return parsePublishedPorts(`${address}:${HostPort}:${port}`);
  });
}
