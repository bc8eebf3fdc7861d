import { readFileSync } from 'node:fs';
import type { BoundPort, PortBinding } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { Database } from '../../platform/database.js';

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
  /** `PROTOCOL PORT` of what programs of the host listen on. */
  readonly readUsed?: () => ReadonlySet<string>;
}

export function createHostPorts({ database, range, readUsed = readUsedPorts }: HostPortsOptions): HostPorts {
  const isTaken = (protocol: string, hostIp: string, hostPort: number): boolean =>
    database
      .all('SELECT host_ip FROM published_ports WHERE protocol = ? AND host_port = ?', protocol, hostPort)
      .some((row) => overlaps(String(row['host_ip']), hostIp));
  const choose = (binding: PortBinding, hostIps: readonly string[]): number => {
    const { protocol, hostPort, hostPortEnd = hostPort } = binding;
    const [first, last] = hostPort === undefined ? (range ?? readPortRange()) : [hostPort, hostPortEnd ?? hostPort];
    // One that was named is tried, whoever has it: the kernel's refusal says more.
    const used = first === last ? new Set<string>() : readUsed();
    for (let port = first; port <= last; port++) {
      if (!used.has(`${protocol} ${port}`) && !hostIps.some((hostIp) => isTaken(protocol, hostIp, port))) return port;
    }
    const at = hostIps.find((hostIp) => isTaken(protocol, hostIp, first)) ?? hostIps[0] ?? '';
    const text = first === last ? String(first) : `${first}-${last}`;
    throw new EngineError('internal', `Bind for ${formatHost(at)}:${text} failed: port is already allocated`);
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
function readUsedPorts(): ReadonlySet<string> {
  return new Set(['tcp', 'tcp6', 'udp', 'udp6'].flatMap((file) => readSockets(file)));
}

function readSockets(file: string): readonly string[] {
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
    .filter(([, , , state]) => protocol === 'udp' || state === '0A')
    .map(([, address = '']) => `${protocol} ${Number.parseInt(address.split(':')[1] ?? '0', 16)}`);
}
