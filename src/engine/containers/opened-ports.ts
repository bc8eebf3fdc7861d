import type { Container, ContainerEndpoint } from '../../model/container.js';
import type { ContainerConfig, PortBinding } from '../../model/container-config.js';
import type { OpenedPort } from '../networks/firewall-rules.js';
import type { NetworkParts } from '../networks/network-parts.js';

/** Those of `--publish`, and with `--publish-all` every exposed one that has none; the image's were added at create. */
export function listWantedPorts(config: ContainerConfig): readonly PortBinding[] {
  const { ports = [], publishAll = false, exposedPorts = [] } = config;
  const known = new Set(ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const added = publishAll ? exposedPorts.filter((text) => !known.has(text)).map(parseExposed) : [];
  return [...ports, ...added];
}

function parseExposed(text: string): PortBinding {
  const [port, protocol = 'tcp'] = text.split('/');
  return { containerPort: Number(port), protocol: protocol as PortBinding['protocol'] };
}

/**
 * The published ports of a container in networks that are routed, at its own addresses: of the host's address that was asked for only
 * the family counts, and its port not at all.
 */
export function listOpenedPorts({ config, networks }: Pick<Container, 'config' | 'networks'>): readonly OpenedPort[] {
  const addresses = networks.flatMap(listRoutedAddresses);
  if (addresses.length === 0) return [];
  const opened = listWantedPorts(config).flatMap(({ hostIp, containerPort, protocol }) =>
    addresses
      .filter((address) => hostIp === undefined || hostIp.includes(':') === address.includes(':'))
      .map((address): [string, OpenedPort] => [
        `${address} ${protocol} ${containerPort}`,
        { protocol, address, port: containerPort },
      ]),
  );
  return [...new Map(opened).values()];
}

function listRoutedAddresses({ routed = [], ipAddress, ip6Address }: ContainerEndpoint): readonly string[] {
  return routed.flatMap((family) => (family === 4 ? ipAddress : ip6Address) ?? []);
}

/** As Docker shows them: at every address of the host, and no port of it. */
export function toPortBinding({ protocol, address, port: containerPort }: OpenedPort): PortBinding {
  return { containerPort, protocol, hostIp: address.includes(':') ? '::' : '0.0.0.0' };
}

type Written = Pick<NetworkParts, 'firewall' | 'links'>;

/** Where one of the places is routed. Rejects as rewriteNamed. */
export async function rewriteOpened(networks: Written, endpoints: readonly ContainerEndpoint[]): Promise<void> {
  if (endpoints.some(({ routed }) => routed !== undefined)) await rewriteNamed(networks);
}

/**
 * Rules of iptables name every port that is open, and are written again where that has changed; elements of nftables come and go with
 * the container. Rejects: unavailable, internal.
 */
export async function rewriteNamed({ firewall, links }: Written): Promise<void> {
  if (firewall.backend() === 'iptables') await links.rewrite();
}
