import { isIPv6 } from 'node:net';

/** Four or sixteen bytes, in network order. The text must be an address. */
export function toAddressBytes(address: string): Buffer {
  return isIPv6(address) ? toBytes6(address) : Buffer.from(address.split('.').map(Number));
}

function toBytes6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const before = toGroups(head);
  const after = tail === undefined ? [] : toGroups(tail);
  const groups = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Hex groups, of which the last may be an IPv4 address in two. RFC 4291, section 2.2 */
function toGroups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** An address with the length of its prefix: `172.17.0.2/16`. */
export interface PrefixedAddress {
  readonly address: string;
  readonly prefixLength: number;
}

export function splitPrefix(text: string): PrefixedAddress {
  const [address = '', length = ''] = text.split('/');
  return { address, prefixLength: Number(length) };
}

/** The bits of the address that are its network's, and the mask of them. */
export function toNetworkBytes(text: string): { readonly network: Buffer; readonly mask: Buffer } {
  const { address, prefixLength } = splitPrefix(text);
  const bytes = toAddressBytes(address);
  const mask = Buffer.from(bytes.map((_byte, index) => maskOf(prefixLength - index * 8)));
  return { network: Buffer.from(bytes.map((byte, index) => byte & (mask[index] ?? 0))), mask };
}

function maskOf(bits: number): number {
  if (bits >= 8) return 0xff;
  return bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

/** `02:42:ac:11:00:02` */
export function toMacBytes(mac: string): Buffer {
  return Buffer.from(mac.split(':').map((part) => Number.parseInt(part, 16)));
}
