import type { PortBinding } from './container-config.js';
import { EngineError } from './errors.js';
import { parseIpAddress } from './ip-address.js';
import { splitPair } from './run-environment.js';

const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;

/**
 * `[ip:][host[-host]:]container[-container][/protocol]`, an IPv6 address in brackets or not, or Docker's long form
 * `target=…,published=…,protocol=…`. Ranges of the same length are pairs; of a range for one port of the container, a free one is
 * chosen. Throws invalid-argument in Docker's words.
 */
export function parsePublishedPorts(text: string): readonly PortBinding[] {
  const short = text.includes('=') ? shorten(text) : text;
  const [ports = '', word = ''] = short.split('/');
  const { hostIp, host, container } = splitAddress(ports, short);
  const protocol = parseProtocol(word);
  const inside = parseRange(container, 'containerPort');
  const outside = host === '' ? undefined : parseRange(host, 'hostPort');
  const count = inside.last - inside.first;
  const isChoice = count === 0 && outside !== undefined && outside.last > outside.first;
  if (outside !== undefined && !isChoice && outside.last - outside.first !== count) {
    throw invalid(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  }
  return Array.from({ length: count + 1 }, (_, index) => ({
    containerPort: inside.first + index,
    protocol,
    ...(hostIp === '' ? {} : { hostIp }),
    // Port 0 of the host is any that is free, as with bind(2).
    ...(outside === undefined || outside.first + index === 0 ? {} : { hostPort: outside.first + index }),
    ...(isChoice ? { hostPortEnd: outside.last } : {}),
  }));
}

/** `80`, `80-90`, each with `/tcp`, `/udp` or `/sctp`, as `80/tcp`. Throws invalid-argument in Docker's words. */
export function parseExposedPorts(text: string): readonly string[] {
  if (text.includes(':')) throw invalid(`invalid port format for --expose: ${text}`);
  const [range = '', word = ''] = text.split('/');
  const protocol = parseProtocol(word);
  const bad = range.split('-').find((part) => readPort(part) === undefined);
  if (bad !== undefined) {
    const reason = `strconv.ParseUint: parsing "${bad}": ${/^\d+$/.test(bad) ? 'value out of range' : 'invalid syntax'}`;
    throw invalid(`invalid range format for --expose: ${range}, error: ${reason}`);
  }
  const found = readRange(range);
  if (found === undefined) {
    throw invalid(`invalid range format for --expose: ${range}, error: invalid range specified for port: ${range}`);
  }
  return Array.from({ length: found.last - found.first + 1 }, (_, index) => `${found.first + index}/${protocol}`);
}

/** Fields that mean nothing to one container alone are passed over, as Docker does. */
function shorten(text: string): string {
  const fields = new Map(text.split(',').map(splitField));
  const read = (name: string, fallback: string) => fields.get(name) ?? fallback;
  return `${read('published', '')}:${read('target', '')}/${read('protocol', 'tcp')}`;
}

function splitField(text: string): readonly [string, string] {
  const [name, value] = splitPair(text.trim());
  if (name !== '' && value !== undefined) return [name, value];
  throw invalid(`invalid publish opts format (should be name=value but got '${text}')`);
}

interface Address {
  readonly hostIp: string;
  readonly host: string;
  readonly container: string;
}

function splitAddress(text: string, whole: string): Address {
  const parts = text.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  const hostIp = parts.join(':');
  if (hostIp.startsWith('[') && !hostIp.endsWith(']')) {
    throw invalid(`invalid IP address ${hostIp}: address ${hostIp}:: missing ']' in address`);
  }
  const bare = hostIp.replace(/^\[(.*)\]$/, '$1');
  if (bare !== '' && parseIpAddress(bare) === undefined) throw invalid(`invalid IP address: ${bare}`);
  if (container === '') throw invalid(`no port specified: ${whole}<empty>`);
  return { hostIp: bare, host, container };
}

function parseProtocol(word: string): PortBinding['protocol'] {
  const protocol = PROTOCOLS.find((name) => name === (word.toLowerCase() || 'tcp'));
  if (protocol === undefined) throw invalid(`invalid proto: ${word}`);
  return protocol;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

function parseRange(text: string, what: 'containerPort' | 'hostPort'): PortRange {
  const range = readRange(text);
  if (range === undefined) throw invalid(`invalid ${what}: ${text}`);
  return range;
}

function readRange(text: string): PortRange | undefined {
  const [first, last = first, ...more] = text.split('-').map(readPort);
  const isRange = first !== undefined && last !== undefined && more.length === 0 && last >= first;
  return isRange ? { first, last } : undefined;
}

function readPort(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535 ? port : undefined;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
