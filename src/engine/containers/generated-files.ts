import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname as readHostname } from 'node:os';
import type { ContainerEndpoint } from '../../model/container.js';
import { readJoinedContainer } from '../../model/joined-container.js';
import { formatHostname, formatHosts, formatResolvConf } from './container-files.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import type { EnginePaths } from './engine-paths.js';
import { hasResolver, RESOLVER_ADDRESS } from './named-networks.js';
import { type OpenedLinks, openLegacyLinks } from './open-legacy-links.js';
import { selectHostname } from './spec-namespaces.js';

type Texts = Readonly<Record<'hostname' | 'hosts' | 'resolvConf', string>>;

export interface GeneratedFiles {
  readonly hostname: string;
  /** Where they are. */
  readonly files: ReturnType<EnginePaths['container']>;
}

/**
 * The files that are bound into the container. One that joins the network of another has that one's host name and files, and writes
 * none. Throws not-found, invalid-argument.
 */
export function makeGeneratedFiles(parts: ContainerParts, record: ContainerRecord, links: OpenedLinks): GeneratedFiles {
  const owner = findOwner(parts, record);
  const made = { hostname: hostnameOf(owner), files: parts.paths.container(owner.id) };
  if (owner === record) writeFiles(formatFiles(record, made.hostname, links), made.files);
  return made;
}

function findOwner(parts: ContainerParts, record: ContainerRecord): ContainerRecord {
  const ref = readJoinedContainer(record.config.namespaces?.network);
  return ref === undefined ? record : findOwner(parts, parts.store.resolve(ref));
}

function hostnameOf({ id, config }: ContainerRecord): string {
  return selectHostname(id, config, readHostname());
}

function writeFiles(texts: Texts, files: GeneratedFiles['files']): void {
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(texts)) writeFileSync(files[name as keyof Texts], text, { mode: 0o644 });
}

/** The same for a container that runs in other networks now: what it has changed itself stays as it is. */
export async function rewriteGeneratedFiles(
  parts: ContainerParts,
  before: ContainerRecord,
  after: ContainerRecord,
): Promise<void> {
  const files = parts.paths.container(after.id);
  const hostname = hostnameOf(after);
  const old = formatFiles(before, hostname, await openLegacyLinks(parts, before, { isRunning: true }));
  const next = formatFiles(after, hostname, await openLegacyLinks(parts, after, { isRunning: true }));
  for (const name of ['hosts', 'resolvConf'] as const) {
    if (readHostFile(files[name]) === old[name]) writeFileSync(files[name], next[name]);
  }
}

function formatFiles(record: ContainerRecord, hostname: string, links: OpenedLinks): Texts {
  const { config, networks } = record;
  const isHostNetwork = config.namespaces?.network === 'host';
  const { domainname, dns, dnsSearch, dnsOptions, extraHosts } = config;
  const gateway = networks.map((endpoint) => endpoint.gateway).find((address) => address !== undefined);
  const usesResolver = hasResolver(record);
  return {
    hostname: formatHostname(hostname),
    hosts: formatHosts({
      hostname,
      ...(domainname !== undefined && { domainname }),
      addresses: isHostNetwork ? [] : listAddresses(networks),
      links: links.hosts,
      extraHosts: extraHosts ?? [],
      ...(gateway !== undefined && { gateway }),
      ...(isHostNetwork && { hostText: readHostFile('/etc/hosts') }),
    }),
    resolvConf: formatResolvConf({
      hostText: readHostFile('/etc/resolv.conf'),
      nameservers: usesResolver ? [RESOLVER_ADDRESS] : (dns ?? []),
      ...(dnsSearch && { search: dnsSearch }),
      ...(dnsOptions && { options: dnsOptions }),
      ...(usesResolver && { defaultOptions: ['ndots:0'] }),
      isHostNetwork,
      hasIpv6: networks.some(({ ip6Address }) => ip6Address !== undefined),
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
