import { type IpAddress, parseCidr, parseIpAddress } from '../../../model/ip-address.js';

/** Four or sixteen bytes, in network order. The text must be an address. */
export function toAddressBytes(address: string): Buffer {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) throw new TypeError(`no address: ${address}`);
  return toBytes(parsed);
}

/** An address with the length of its prefix: `172.17.0.2/16`. */
export interface PrefixedBytes {
  readonly version: 4 | 6;
  readonly prefixLength: number;
  readonly address: Buffer;
  /** The bits of the address that are its network's, and the mask of them. */
  readonly network: Buffer;
  readonly mask: Buffer;
}

/** The text must be one. */
export function toPrefixedBytes(text: string): PrefixedBytes {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new TypeError(`no address with a prefix: ${text}`);
  const { version, first, prefixLength } = cidr.subnet;
  const address = toBytes(cidr.address);
  const hostBits = BigInt(address.length * 8 - prefixLength);
  const all = (1n << BigInt(address.length * 8)) - 1n;
  const mask = toBytes({ version, value: (all >> hostBits) << hostBits });
  return { version, prefixLength, address, network: toBytes({ version, value: first }), mask };
}

function toBytes({ version, value }: IpAddress): Buffer {
  return Buffer.from(value.toString(16).padStart(version === 4 ? 8 : 32, '0'), 'hex');
}

/** `02:42:ac:11:00:02` */
export function toMacBytes(mac: string): Buffer {
  return Buffer.from(mac.split(':').map((part) => Number.parseInt(part, 16)));
}
