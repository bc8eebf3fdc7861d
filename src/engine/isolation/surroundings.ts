import type { ProcessIdentity } from '../../model/container.js';
import {
  formatIpAddress,
  formatSubnet,
  hasAddress,
  parseIpAddress,
  type Subnet,
  toSubnet,
} from '../../model/ip-address.js';
import type { MountPoint, NetworkInterface, NetworkRoute, ProcessSurroundings } from '../../model/namespace.js';
import { unescapeMountPath } from '../../platform/mountinfo.js';
import { isProcessAlive, readProcFile } from '../../platform/proc.js';

/** Networks and mounts as a process sees them; undefined once it has ended. Nothing is entered: /proc tells. */
export function readSurroundings(process: ProcessIdentity): ProcessSurroundings | undefined {
  const read = (name: string) => readProcFile(process.pid, name) ?? '';
  const table = parseRoutes(read('net/route'));
  const surroundings = {
    interfaces: parseInterfaces({
      devices: read('net/dev'),
      trie: read('net/fib_trie'),
      ip6: read('net/if_inet6'),
      table,
    }),
    routes: [...table.map(toRoute), ...parseIp6Routes(read('net/ipv6_route'))],
    mounts: parseMounts(read('mountinfo')),
  };
  // The pid may be another process' by now.
  return isProcessAlive(process) ? surroundings : undefined;
}

interface TableEntry {
  readonly subnet: Subnet;
  readonly gateway: bigint;
  readonly interfaceName: string;
}

/** /proc/PID/net/route: numbers in hexadecimal, the bytes of addresses in the order of the machine. proc_pid_net(5) */
export function parseRoutes(text: string): readonly TableEntry[] {
  return rowsOf(text)
    .slice(1)
    .map((fields) => {
      const [interfaceName = '', destination = '', gateway = '', , , , , mask = ''] = fields;
      const prefixLength = [...parseSwapped(mask).toString(2)].filter((bit) => bit === '1').length;
      const subnet = toSubnet({ version: 4, value: parseSwapped(destination) }, prefixLength);
      return { subnet, gateway: parseSwapped(gateway), interfaceName };
    });
}

function parseSwapped(hex: string): bigint {
  return BigInt(`0x${(hex.match(/../g) ?? ['0']).reverse().join('')}`);
}

function toRoute({ subnet, gateway, interfaceName }: TableEntry): NetworkRoute {
  const destination = subnet.prefixLength === 0 ? 'default' : formatSubnet(subnet);
  return {
    destination,
    interfaceName,
    ...(gateway === 0n ? {} : { gateway: formatIpAddress({ version: 4, value: gateway }) }),
  };
}

/** RTF_UP, without what leads to the namespace itself, to groups, or to neighbours of a link only. */
function parseIp6Routes(text: string): readonly NetworkRoute[] {
  return rowsOf(text).flatMap((fields) => {
    const [destination = '', prefix = '', , , nextHop = '', , , , flags = ''] = fields;
    const interfaceName = fields.at(-1) ?? '';
    const bits = Number.parseInt(flags, 16);
    if ((bits & 1) === 0 || bits >= 0x8000_0000 || interfaceName === 'lo' || /^f(f|e8)/.test(destination)) return [];
    const subnet = toSubnet({ version: 6, value: BigInt(`0x${destination}`) }, Number.parseInt(prefix, 16));
    const gateway = BigInt(`0x${nextHop}`);
    return {
      destination: subnet.prefixLength === 0 ? 'default' : formatSubnet(subnet),
      interfaceName,
      ...(gateway === 0n ? {} : { gateway: formatIpAddress({ version: 6, value: gateway }) }),
    };
  });
}

interface InterfaceTexts {
  readonly devices: string;
  readonly trie: string;
  readonly ip6: string;
  readonly table: readonly TableEntry[];
}

/** IPv4 addresses are told without their interface: it is that of the narrowest subnet which leads there without a gateway. */
export function parseInterfaces({ devices, trie, ip6, table }: InterfaceTexts): readonly NetworkInterface[] {
  const addresses = [...parseLocalAddresses(trie, table), ...parseIp6Addresses(ip6)];
  return rowsOf(devices)
    .slice(2)
    .map(([label = '', received = '', , , , , , , , sent = '']) => {
      const name = label.replace(/:$/, '');
      const own = addresses.filter(([owner]) => owner === name).map(([, address]) => address);
      return { name, addresses: own, receivedBytes: Number(received), sentBytes: Number(sent) };
    });
}

type Owned = readonly [interfaceName: string, address: string];

/** Leaves of /proc/PID/net/fib_trie that are addresses of the namespace itself. */
function parseLocalAddresses(trie: string, table: readonly TableEntry[]): readonly Owned[] {
  const found = [...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, text = '']) => text);
  return [...new Set(found)].flatMap((text): readonly Owned[] => {
    const address = parseIpAddress(text);
    if (address === undefined) return [];
    if (text.startsWith('127.')) return [['lo', `${text}/8`]];
    const near = table.filter(({ gateway, subnet }) => gateway === 0n && hasAddress(subnet, address));
    const [nearest] = near.sort((a, b) => b.subnet.prefixLength - a.subnet.prefixLength);
    return nearest === undefined ? [] : [[nearest.interfaceName, `${text}/${nearest.subnet.prefixLength}`]];
  });
}

function parseIp6Addresses(text: string): readonly Owned[] {
  return rowsOf(text).map(([hex = '', , prefix = '', , , name = '']) => {
    const address = formatIpAddress({ version: 6, value: BigInt(`0x${hex}`) });
    return [name, `${address}/${Number.parseInt(prefix, 16)}`];
  });
}

export function parseMounts(text: string): readonly MountPoint[] {
  return rowsOf(text).flatMap((fields) => {
    const dash = fields.indexOf('-', 6);
    const [, , , root = '', target = '', options = ''] = fields;
    if (dash < 0) return [];
    const [fileSystem = '', source = ''] = fields.slice(dash + 1);
    const isReadOnly = options.split(',').includes('ro');
    return {
      target: unescapeMountPath(target),
      fileSystem,
      source: unescapeMountPath(source),
      root: unescapeMountPath(root),
      isReadOnly,
    };
  });
}

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}
