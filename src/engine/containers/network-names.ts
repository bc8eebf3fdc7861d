import { readFileSync } from 'node:fs';
import type { NetworkId } from '../../model/ids.js';
import { listDnsNames } from '../../model/network-names.js';
import { writeNames } from '../networks/name-files.js';
import type { ContainerRecord } from './container-record.js';
import type { Place } from './endpoints.js';
import type { EnginePaths } from './engine-paths.js';
import { isNamed } from './named-networks.js';
import { compareWays } from './network-ways.js';

/** What the monitor's resolver is told. native/README.md, `resolver` */
export interface ResolverSettings {
  readonly folder: string;
  readonly containerId: string;
  /** It asks nobody outside. */
  readonly isInternal: boolean;
  /** Addresses, asked from the host's own network. */
  readonly servers: readonly string[];
  /** In the order in which a name is looked for in them. */
  readonly networkIds: readonly NetworkId[];
}

export function toResolverSettings(
  paths: EnginePaths,
  { id, config }: ContainerRecord,
  places: readonly Place[],
): ResolverSettings | undefined {
  const named = places.filter(({ endpoint }) => isNamed(endpoint)).toSorted(compareWays);
  if (named.length === 0) return undefined;
  return {
    folder: paths.names,
    containerId: id,
    isInternal: places.every(({ network }) => network.internal),
    servers: config.dns ?? readHostServers(),
    networkIds: named.map(({ network }) => network.id),
  };
}

/** Others find the container from now on; its monitor takes the names away when it has ended. */
export function announceNames(paths: EnginePaths, record: ContainerRecord, places: readonly Place[]): void {
  for (const { endpoint, network } of places.filter((place) => isNamed(place.endpoint))) {
    const { ipAddress, ip6Address, attachment } = endpoint;
    writeNames(paths.names, network.id, record.id, {
      networkName: network.name,
      addresses: [ipAddress, ip6Address].filter((address) => address !== undefined),
      names: listDnsNames(record, endpoint),
      links: Object.fromEntries((attachment.links ?? []).map(splitLink)),
    });
  }
}

/** `NAME:ALIAS` or `NAME` */
function splitLink(text: string): readonly [string, string] {
  const [name = '', alias = name] = text.split(':');
  return [alias, name];
}

function readHostServers(): readonly string[] {
  try {
    return [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(
      ([, address = '']) => address,
    );
  } catch {
    // A host without it asks nobody.
    return [];
  }
}
