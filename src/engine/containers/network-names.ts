import { readFileSync } from 'node:fs';
import type { ContainerEndpoint } from '../../model/container.js';
import type { NetworkId } from '../../model/ids.js';
import type { Network } from '../../model/network.js';
import { writeNames } from '../networks/name-files.js';
import type { NetworkedParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { findNetworkOf } from './endpoints.js';
import { isNamed } from './named-networks.js';

/** What the monitor's resolver is told. native/README.md, `resolver` */
export interface ResolverSettings {
  readonly folder: string;
  readonly containerId: string;
  /** It asks nobody outside. */
  readonly isInternal: boolean;
  /** Addresses, asked from the host's own network. */
  readonly servers: readonly string[];
  readonly networkIds: readonly NetworkId[];
}

export function toResolverSettings(
  parts: Pick<NetworkedParts, 'networks' | 'paths'>,
  record: ContainerRecord,
): ResolverSettings | undefined {
  const named = listNamed(parts, record);
  if (named.length === 0) return undefined;
  const all = record.networks.map((endpoint) => findNetworkOf(parts.networks, endpoint));
  return {
    folder: parts.paths.names,
    containerId: record.id,
    isInternal: all.every(({ internal }) => internal),
    servers: record.config.dns ?? readHostServers(),
    networkIds: named.map(({ network }) => network.id),
  };
}

/** Others find the container from now on; its monitor takes the names away when it has ended. */
export function announceNames(parts: Pick<NetworkedParts, 'networks' | 'paths'>, record: ContainerRecord): void {
  const { id, name, config } = record;
  for (const { endpoint, network } of listNamed(parts, record)) {
    const { ipAddress, ip6Address, attachment } = endpoint;
    const aliases = [id.slice(0, 12), ...(attachment.aliases ?? []), ...(config.hostname ? [config.hostname] : [])];
    writeNames(parts.paths.names, network.id, id, {
      networkName: network.name,
      addresses: [ipAddress, ip6Address].filter((address) => address !== undefined),
      names: [...new Set([name, ...aliases])],
      links: Object.fromEntries((attachment.links ?? []).map(splitLink)),
    });
  }
}

function listNamed(
  parts: Pick<NetworkedParts, 'networks'>,
  { networks }: ContainerRecord,
): readonly { readonly endpoint: ContainerEndpoint; readonly network: Network }[] {
  return networks.filter(isNamed).map((endpoint) => ({ endpoint, network: findNetworkOf(parts.networks, endpoint) }));
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
