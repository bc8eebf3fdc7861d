import type { ContainerConfig, NetworkAttachment } from './container-config.js';
import { EngineError } from './errors.js';
import type { Flags } from './flags.js';
import { parseIpAddress } from './ip-address.js';
import { nonEmpty, omitUndefined } from './omit-undefined.js';
import { isUserDefined, parseNetworks } from './run-networks.js';
import { parseExposedPorts, parsePublishedPorts } from './run-ports.js';
import { checkVolumesFrom } from './volume-mode.js';

/** What a container has to do with its network and with other containers. */
export function parseConnections(flags: Flags): Partial<ContainerConfig> {
  return omitUndefined({
    ports: nonEmpty(flags.list('publish').flatMap(parsePublishedPorts)),
    networks: nonEmpty(parseNetworks(flags).filter(isMoreThanMode)),
    extraHosts: nonEmpty(flags.readAll('add-host', parseExtraHost)),
    dns: nonEmpty(flags.readAll('dns', parseDns)),
    dnsSearch: nonEmpty(flags.readAll('dns-search', parseDomain)),
    dnsOptions: nonEmpty([...flags.list('dns-option'), ...flags.list('dns-opt')]),
    exposedPorts: nonEmpty(flags.list('expose').flatMap(parseExposedPorts)),
    publishAll: flags.isSet('publish-all') ? true : undefined,
    volumesFrom: nonEmpty(flags.list('volumes-from').map(checkVolumesFrom)),
  });
}

/** A mode of the namespace alone says all there is to say of it. */
function isMoreThanMode({ network, ...options }: NetworkAttachment): boolean {
  return isUserDefined(network) || Object.keys(options).length > 0;
}

/** `host:ip` or `host=ip`; `host-gateway` is resolved by the engine. */
export function parseExtraHost(text: string): string {
  const match = /^([^:=]+)[:=](.+)$/.exec(text);
  if (match === null) {
    throw new EngineError('invalid-argument', `bad format for add-host: "${text}"`);
  }
  const ip = (match[2] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (ip !== 'host-gateway' && parseIpAddress(ip) === undefined) {
    throw new EngineError('invalid-argument', `invalid IP address in add-host: "${ip}"`);
  }
  return `${match[1]}:${ip}`;
}

/** RFC 1123, 2.1 */
const DOMAIN = /^((?:[a-z\d](?:[a-z\d-]*[a-z\d])?)(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*)\.?$/i;

/** A domain in which names are looked for, without the dot at its end; `.` alone is none. */
export function parseDomain(text: string): string {
  const domain = text.trim();
  if (domain === '.') return domain;
  const [, name] = DOMAIN.exec(domain) ?? [];
  if (name === undefined || !/[a-z]/i.test(name))
    throw new EngineError('invalid-argument', `${text} is not a valid domain`);
  return name;
}

/** An address of a resolver. Throws invalid-argument. */
export function parseDns(text: string): string {
  if (parseIpAddress(text) === undefined) {
    throw new EngineError('invalid-argument', `IP address is not correctly formatted: ${text}`);
  }
  return text;
}
