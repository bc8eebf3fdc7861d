import type { PortBinding } from './container-config.js';
import { EngineError } from './errors.js';

const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;

/** `[ip:][host[-host]:]container[-container][/protocol]`; an IPv6 address stands in brackets. */
export function parsePublishedPorts(text: string): readonly PortBinding[] {
  const [ports = '', protocolText = 'tcp', ...more] = text.split('/');
  const protocol = PROTOCOLS.find((name) => name === protocolText.toLowerCase());
  if (protocol === undefined || more.length > 0) {
    throw new EngineError('invalid-argument', `invalid proto: ${[protocolText, ...more].join('/')}`);
  }
  const { hostIp, host, container } = splitAddress(ports);
  const inside = parseRange(container, 'containerPort');
  const outside = host === '' ? undefined : parseRange(host, 'hostPort');
  const count = inside.last - inside.first;
  const isSingleTarget = count === 0 && outside !== undefined && outside.last > outside.first;
  if (outside !== undefined && !isSingleTarget && outside.last - outside.first !== count) {
    throw new EngineError(
      'invalid-argument',
      `invalid ranges specified for container and host Ports: ${container} and ${host}`,
    );
  }
  return Array.from({ length: count + 1 }, (_, index) => ({
    containerPort: inside.first + index,
    protocol,
    ...(hostIp === '' ? {} : { hostIp }),
    ...(outside === undefined ? {} : { hostPort: outside.first + index }),
  }));
}

/** `80`, `80-90`, each with `/tcp`, `/udp` or `/sctp`, as `80/tcp`. */
export function parseExposedPorts(text: string): readonly string[] {
  if (text.includes(':')) {
    throw new EngineError('invalid-argument', `invalid port format for --expose: ${text}`);
  }
  return parsePublishedPorts(text).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
}

interface Address {
  readonly hostIp: string;
  readonly host: string;
  readonly container: string;
}

function splitAddress(text: string): Address {
  const parts = text.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  const hostIp = parts.join(':');
  if (hostIp !== '' && !isAddress(hostIp)) {
    throw new EngineError('invalid-argument', `invalid IP address: ${hostIp}`);
  }
  return { hostIp: hostIp.replace(/^\[(.*)\]$/, '$1'), host, container };
}

function isAddress(text: string): boolean {
  return /^\[[0-9a-fA-F:.]+\]$/.test(text) || isIpv4(text);
}

/** True for four numbers up to 255 with dots between. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** True for a text that looks like an IPv6 address: hex groups and at most one `::`. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::');
  const groups = text.split(/::?/).filter((group) => group !== '');
  return (
    text.includes(':') &&
    halves.length <= 2 &&
    groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group) || isIpv4(group)) &&
    (halves.length === 2 ? groups.length <= 7 : groups.length === 8)
  );
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

function parseRange(text: string, what: 'containerPort' | 'hostPort'): PortRange {
  const [first, last = first, ...more] = text.split('-').map(parsePort);
  if (first === undefined || last === undefined || more.length > 0 || last < first) {
    throw new EngineError('invalid-argument', `invalid ${what}: ${text}`);
  }
  return { first, last };
}

function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535 ? port : undefined;
}
