import { readFileSync } from 'node:fs';
import { type Subnet, toSubnet } from '../../model/ip-address.js';

/** What the host reaches in ways of its own, which no network may take; without the default routes. proc_net(5) */
export function readHostRoutes(): readonly Subnet[] {
  return [...parseIpv4Routes(readTable('/proc/net/route')), ...parseIpv6Routes(readTable('/proc/net/ipv6_route'))];
}

/** Absent where the kernel has no IPv6. */
function readTable(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask …`: hex numbers in the byte order of the machine. */
export function parseIpv4Routes(text: string): readonly Subnet[] {
  return text.split('\n').flatMap((line) => {
    const [, destination = '', , , , , , mask = ''] = line.split(/\s+/);
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return [];
    const prefixLength = countBits(swapBytes(mask));
    return prefixLength === 0 ? [] : [toSubnet({ version: 4, value: swapBytes(destination) }, prefixLength)];
  });
}

/** `destination prefix source prefix …`: hex, the prefix lengths too. Those of multicast and of a link are everywhere. */
export function parseIpv6Routes(text: string): readonly Subnet[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', prefix = ''] = line.split(/\s+/);
    if (!/^[0-9a-f]{32}$/.test(destination) || /^(ff|fe80)/.test(destination)) return [];
    const prefixLength = Number.parseInt(prefix, 16);
    return prefixLength === 0 ? [] : [toSubnet({ version: 6, value: BigInt(`0x${destination}`) }, prefixLength)];
  });
}

function swapBytes(hex: string): bigint {
  const bytes = hex.match(/../g) ?? [];
  return BigInt(`0x${bytes.toReversed().join('')}`);
}

function countBits(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}
