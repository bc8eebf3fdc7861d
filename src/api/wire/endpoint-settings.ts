import { z } from 'zod/mini';
import type { NetworkAttachment } from '../../model/container-config.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';
import { goInteger, goObject, goText, goTextMap, goTexts } from './go-json.js';

/** How a container is to be in a network: Docker Engine API 1.51, EndpointSettings. What the engine itself fills in is not read. */
export const endpointSettingsSchema = goObject({
  IPAMConfig: z.optional(goObject({ IPv4Address: goText, IPv6Address: goText, LinkLocalIPs: goTexts })),
  Links: goTexts,
  Aliases: goTexts,
  MacAddress: goText,
  DriverOpts: goTextMap,
  GwPriority: goInteger,
});

export function fromWireEndpoint(
  wire: z.output<typeof endpointSettingsSchema> = {},
): Omit<NetworkAttachment, 'network'> {
  const { IPv4Address: ipAddress, IPv6Address: ip6Address, LinkLocalIPs: linkLocalIps = [] } = wire.IPAMConfig ?? {};
  const hasOptions = Object.keys(wire.DriverOpts ?? {}).length > 0;
  return omitUndefined({
    aliases: nonEmpty(wire.Aliases ?? []),
    links: nonEmpty(wire.Links ?? []),
    ipAddress: ipAddress || undefined,
    ip6Address: ip6Address || undefined,
    linkLocalIps: nonEmpty(linkLocalIps),
    macAddress: wire.MacAddress || undefined,
    driverOptions: hasOptions ? wire.DriverOpts : undefined,
    gatewayPriority: wire.GwPriority || undefined,
  });
}
