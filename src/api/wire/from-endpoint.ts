import type { ContainerEndpoint } from '../../model/container.js';
import type { NetworkId } from '../../model/ids.js';
import { toNumber, toObject, toText, toTextMap, toTexts } from '../../model/json-values.js';
import { nonEmpty, nonEmptyRecord, omitUndefined } from '../../model/omit-undefined.js';

/** NetworkSettings.Networks: a container's places, the other direction of network-settings.ts. */
export function fromWireEndpoints(value: unknown): readonly ContainerEndpoint[] {
  return Object.entries(toObject(value)).map(([name, endpoint]) => fromWireEndpointSettings(name, endpoint));
}

function fromWireEndpointSettings(networkName: string, value: unknown): ContainerEndpoint {
  const wire = toObject(value);
  const text = (name: string) => toText(wire[name]) || undefined;
  const size = (name: string) => toNumber(wire[name]) || undefined;
  const asked = toObject(wire['IPAMConfig']);
  return omitUndefined({
    networkId: toText(wire['NetworkID']) as NetworkId,
    networkName,
    endpointId: toText(wire['EndpointID']),
    attachment: omitUndefined({
      network: networkName,
      aliases: nonEmpty(toTexts(wire['Aliases'])),
      links: nonEmpty(toTexts(wire['Links'])),
      ipAddress: toText(asked['IPv4Address']) || undefined,
      ip6Address: toText(asked['IPv6Address']) || undefined,
      linkLocalIps: nonEmpty(toTexts(asked['LinkLocalIPs'])),
      driverOptions: nonEmptyRecord(toTextMap(wire['DriverOpts'])),
      gatewayPriority: size('GwPriority'),
    }),
    ipAddress: text('IPAddress'),
    prefixLength: size('IPPrefixLen'),
    gateway: text('Gateway'),
    ip6Address: text('GlobalIPv6Address'),
    ip6PrefixLength: size('GlobalIPv6PrefixLen'),
    ip6Gateway: text('IPv6Gateway'),
    macAddress: text('MacAddress'),
  });
}
