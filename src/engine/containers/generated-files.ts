import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname as readHostname } from 'node:os';
import type { ContainerEndpoint } from '../../model/container.js';
import { formatHostname, formatHosts, formatResolvConf } from './container-files.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { findLegacyLinks, toHostLines } from './legacy-links.js';
import { hasResolver, RESOLVER_ADDRESS } from './named-networks.js';
import { type Donors, selectHostname } from './spec-namespaces.js';

type Texts = Readonly<Record<'hostname' | 'hosts' | 'resolvConf', string>>;

export function hostnameOf({ id, config }: ContainerRecord, { network }: Donors = {}): string {
  return selectHostname(id, network === undefined ? config : network.config, readHostname());
}

/** The files that are bound into the container. Throws invalid-argument, internal (a link to a container that does not run). */
export function writeGeneratedFiles(parts: ContainerParts, record: ContainerRecord, hostname: string): void {
  const files = parts.paths.container(record.id);
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  const texts = formatFiles(parts, record, hostname);
  for (const [name, text] of Object.entries(texts)) writeFileSync(files[name as keyof Texts], text, { mode: 0o644 });
}

/** The same for a container that runs in other networks now: what it has changed itself stays as it is. */
export function rewriteGeneratedFiles(parts: ContainerParts, before: ContainerRecord, after: ContainerRecord): void {
  const files = parts.paths.container(after.id);
  const hostname = hostnameOf(after);
  const [old, next] = [formatFiles(parts, before, hostname), formatFiles(parts, after, hostname)];
  for (const name of ['hosts', 'resolvConf'] as const) {
    if (readHostFile(files[name]) === old[name]) writeFileSync(files[name], next[name]);
  }
}

function formatFiles(parts: ContainerParts, record: ContainerRecord, hostname: string): Texts {
  const { config, networks } = record;
  const isHostNetwork = config.namespaces?.network === 'host';
  const { domainname, dns, dnsSearch, dnsOptions, extraHosts } = config;
  const gateway = networks.map((endpoint) => endpoint.gateway).find((address) => address !== undefined);
  const usesResolver = hasResolver(record);
  return {
    hostname: formatHostname(hostname, domainname),
    hosts: formatHosts({
      hostname,
      ...(domainname !== undefined && { domainname }),
      addresses: isHostNetwork ? [] : listAddresses(networks),
      links: toHostLines(findLegacyLinks(parts, record)),
      extraHosts: extraHosts ?? [],
      ...(gateway !== undefined && { gateway }),
      ...(isHostNetwork && { hostText: readHostFile('/etc/hosts') }),
    }),
    resolvConf: formatResolvConf({
      hostText: readHostFile('/etc/resolv.conf'),
      nameservers: usesResolver ? [RESOLVER_ADDRESS] : (dns ?? []),
      ...(dnsSearch && { search: dnsSearch }),
      ...(dnsOptions ? { options: dnsOptions } : usesResolver && { options: ['ndots:0'] }),
      isHostNetwork,
    }),
  };
}

/** By which its host name leads to itself. */
function listAddresses(networks: readonly ContainerEndpoint[]): readonly string[] {
  const own = networks.flatMap(({ ipAddress, ip6Address }) => [ipAddress, ip6Address]);
  const known = own.filter((address) => address !== undefined);
  return known.length > 0 ? known : ['127.0.0.1'];
}

export function readHostFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A host without it: then the container's has only what is its own.
    return '';
  }
}
