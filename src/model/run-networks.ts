import type { NetworkAttachment } from './container-config.js';
import { splitCsvFields } from './csv-fields.js';
import { EngineError } from './errors.js';
import { type Flags, parseInteger } from './flags.js';
import { normalizeMacAddress } from './mac-address.js';
import { isPredefinedName } from './network-names.js';
import { nonEmpty, omitUndefined } from './omit-undefined.js';
import { splitPair } from './run-environment.js';

/**
 * `--network`, once or several times, with what belongs to the first of them: `--ip`, `--ip6`, `--link-local-ip`, `--mac-address`,
 * `--network-alias`, `--link`. Throws invalid-argument in the words of Docker's client.
 */
export function parseNetworks(flags: Flags): readonly NetworkAttachment[] {
  const given = [...flags.readAll('network', parseNetwork), ...flags.readAll('net', parseNetwork)];
  const [first, ...rest] = given.length === 0 ? [{ network: 'default' }] : given;
  const options = parseFirstOptions(flags);
  const all = [joinOptions(first ?? { network: 'default' }, options), ...rest];
  for (const attachment of all) checkAttachment(attachment);
  refuseMixture(all.map(({ network }) => network));
  return all;
}

/** A network of the user's own, by its name; `bridge` is the default one. */
export function isUserDefined(name: string): boolean {
  return !(isPredefinedName(name) || name.startsWith('container:'));
}

/** `name`, or `name=…,alias=…,ip=…`: a line of CSV, keys in any case. */
function parseNetwork(text: string): NetworkAttachment {
  if (!text.includes('=')) return { network: text };
  const attachment = splitCsvFields(text).reduce<NetworkAttachment>(addField, { network: '' });
  if (attachment.network === '') throw invalid('network name/id is not specified');
  return attachment;
}

function addField(attachment: NetworkAttachment, field: string): NetworkAttachment {
  const [name, text] = splitPair(field);
  if (text === undefined) throw invalid(`invalid field ${field}`);
  const value = text.trim();
  const key = name.trim().toLowerCase();
  switch (key) {
    case 'name':
      return { ...attachment, network: value };
    case 'alias':
      return { ...attachment, aliases: [...(attachment.aliases ?? []), value] };
    case 'link-local-ip':
      return { ...attachment, linkLocalIps: [...(attachment.linkLocalIps ?? []), value] };
    case 'ip':
      return { ...attachment, ipAddress: value };
    case 'ip6':
      return { ...attachment, ip6Address: value };
    case 'mac-address':
      return { ...attachment, macAddress: value };
    case 'driver-opt':
      return { ...attachment, driverOptions: { ...attachment.driverOptions, ...parseDriverOption(value) } };
    case 'gw-priority':
      return { ...attachment, gatewayPriority: parseGatewayPriority(value) };
    default:
      throw invalid(`invalid field key ${key}`);
  }
}

/** `key=value`, as a field's value. Throws invalid-argument. */
export function parseDriverOption(text: string): Readonly<Record<string, string>> {
  const [key, value] = splitPair(text);
  if (key === '' || value === undefined) throw invalid('invalid key value pair format in driver options');
  return { [key.trim().toLowerCase()]: value.trim() };
}

function parseGatewayPriority(text: string): number {
  try {
    return parseInteger(text, 'strconv.ParseInt');
  } catch {
    throw invalid(`invalid gw-priority (${text}): invalid syntax`);
  }
}

/** `name[:alias]` as `NAME:ALIAS`. Throws invalid-argument. */
export function parseLink(text: string): string {
  const [name = '', alias = name, ...more] = text.split(':');
  if (text === '') throw invalid('empty string specified for links');
  if (more.length > 0 || name === '' || alias === '') throw invalid(`bad format for links: ${text}`);
  return `${name}:${alias}`;
}

function parseFirstOptions(flags: Flags): Partial<NetworkAttachment> {
  return omitUndefined({
    aliases: nonEmpty(flags.list('network-alias')),
    links: nonEmpty(flags.readAll('link', parseLink)),
    ipAddress: flags.text('ip') || undefined,
    ip6Address: flags.text('ip6') || undefined,
    linkLocalIps: nonEmpty(flags.list('link-local-ip')),
    macAddress: flags.text('mac-address') || undefined,
  });
}

const CONFLICTS = [
  ['aliases', '--network-alias and per-network alias'],
  ['ipAddress', '--ip and per-network IPv4 address'],
  ['ip6Address', '--ip6 and per-network IPv6 address'],
  ['macAddress', '--mac-address and per-network MAC address'],
  ['linkLocalIps', '--link-local-ip and per-network link-local IP addresses'],
] as const;

function joinOptions(attachment: NetworkAttachment, options: Partial<NetworkAttachment>): NetworkAttachment {
  const conflict = CONFLICTS.find(([key]) => attachment[key] !== undefined && options[key] !== undefined);
  if (conflict !== undefined) throw invalid(`conflicting options: cannot specify both ${conflict[1]}`);
  return { ...attachment, ...options };
}

function checkAttachment({ network, aliases, macAddress }: NetworkAttachment): void {
  if (network === '') throw invalid('no name set for network');
  if (aliases !== undefined && !isUserDefined(network)) {
    throw invalid('network-scoped aliases are only supported for user-defined networks');
  }
  if (macAddress !== undefined && normalizeMacAddress(macAddress.trim()) === undefined) {
    throw invalid(`${macAddress} is not a valid mac address`);
  }
}

function refuseMixture(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw invalid(`network "${twice}" is specified multiple times`);
  if (names.length > 1 && !names.every(isUserDefined)) {
    throw invalid('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
