import { readFileSync } from 'node:fs';
import type { BoundPort, PortBinding } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { Database } from '../../platform/database.js';
import { randomBelow } from '../../platform/random.js';

/** Which ports of the host lead to containers of this state root. A port is given once, however many processes ask. */
export interface HostPorts {
  /**
   * All of them or none; one that names no address has the same port at each of `addresses`. endpoint-rows.ts releases them. Throws
   * internal, as Docker does and in its words.
   */
  take(container: ContainerId, wanted: readonly PortBinding[], addresses: readonly string[]): readonly BoundPort[];
}

export interface HostPortsOptions {
  readonly database: Database;
  /** First and last of what is chosen from, as the kernel chooses for itself. */
  readonly range?: readonly [number, number];
  /** `PROTOCOL PORT` of what programs of the host listen on, or of all that they have. */
  readonly readUsed?: (what: 'listening' | 'all') => ReadonlySet<string>;
}

export function createHostPorts({ database, range, readUsed = readUsedPorts }: HostPortsOptions): HostPorts {
  const isTaken = (protocol: string, hostIp: string, hostPort: number): boolean =>
    database
      .all('SELECT host_ip FROM published_ports WHERE protocol = ? AND host_port = ?', protocol, hostPort)
      .some((row) => overlaps(String(row['host_ip']), hostIp));
  const choose = (binding: PortBinding, hostIps: readonly string[]): number => {
    const { protocol, hostPort, hostPortEnd } = binding;
    const isAny = hostPort === undefined;
    const [first, last] = isAny ? (range ?? readPortRange()) : [hostPort, hostPortEnd ?? hostPort];
    // One that was named is tried, whoever has it: the kernel's refusal says more. Connections that go out have ports of the kernel's range.
    const used = first === last ? new Set<string>() : readUsed(isAny ? 'all' : 'listening');
    const isFree = (port: number): boolean =>
      !used.has(`${protocol} ${port}`) && !hostIps.some((hostIp) => isTaken(protocol, hostIp, port));
    // Engines that choose at the same moment, before either listens, do not begin at the same port.
    const found = findFrom(isAny ? randomBelow(last - first + 1) : 0, [first, last], isFree);
    if (found !== undefined) return found;
    throw refuse(hostIps.find((hostIp) => isTaken(protocol, hostIp, first)) ?? hostIps[0], [first, last]);
  };
  return {
    take: (container, wanted, addresses) =>
      database.transaction(() =>
        wanted.flatMap((asked) => {
          const { hostPortEnd: _, ...binding } = asked;
          const hostIps = binding.hostIp === undefined ? addresses : [binding.hostIp];
          const hostPort = choose(asked, hostIps);
          for (const hostIp of hostIps) {
            database.run(
              'INSERT INTO published_ports (protocol, host_ip, host_port, container_id, container_port) VALUES (?, ?, ?, ?, ?)',
              ...[binding.protocol, hostIp, hostPort, container, binding.containerPort],
            );
          }
          return hostIps.map((hostIp) => ({ ...binding, hostIp, hostPort }));
        }),
      ),
  };
}

function refuse(hostIp = '', [first, last]: readonly [number, number]): EngineError {
  const text = first === last ? String(first) : `${first}-${last}`;
  return new EngineError('internal', `Bind for ${formatHost(hostIp)}:${text} failed: port is already allocated`);
}

/** The first that is found from `offset` on, and then from the beginning. */
function findFrom(
  offset: number,
  [first, last]: readonly [number, number],
  isFound: (port: number) => boolean,
): number | undefined {
  const count = last - first + 1;
  for (let i = 0; i < count; i++) {
    const port = first + ((offset + i) % count);
    if (isFound(port)) return port;
  }
  return undefined;
}

/** All addresses of a family take in each of it. */
function overlaps(one: string, other: string): boolean {
  if (one.includes(':') !== other.includes(':')) return false;
  const isAll = (address: string) => address === '0.0.0.0' || address === '::';
  return one === other || isAll(one) || isAll(other);
}

export function formatHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** Documentation/networking/ip-sysctl.rst, ip_local_port_range */
function readPortRange(): readonly [number, number] {
  const [first = 32_768, last = 60_999] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  return [first, last];
}

/** proc_net_tcp.txt: the second column is ADDRESS:PORT in hexadecimal, the fourth the state, 0A is LISTEN. */
function readUsedPorts(what: 'listening' | 'all'): ReadonlySet<string> {
  return new Set(['tcp', 'tcp6', 'udp', 'udp6'].flatMap((file) => readSockets(file, what)));
}

function readSockets(file: string, what: 'listening' | 'all'): readonly string[] {
  let text: string;
  try {
    text = readFileSync(`/proc/net/${file}`, 'latin1');
  } catch {
    // A kernel without IPv6.
    return [];
  }
  const protocol = file.slice(0, 3);
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => protocol === 'udp' || what === 'all' || state === '0A')
    .map(([, address = '']) => `${protocol} ${Number.parseInt(address.split(':')[1] ?? '0', 16)}`);
}
