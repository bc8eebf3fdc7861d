/** An address as a number, of 32 bits (version 4) or 128 (version 6). */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** Addresses with a common beginning: RFC 4632 and RFC 4291. */
export interface Subnet {
  readonly version: 4 | 6;
  /** Its first address; the host bits are zero. */
  readonly first: bigint;
  readonly prefixLength: number;
}

/** Undefined where the text is no address; a zone (`%eth0`) is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const value = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return value === undefined ? undefined : { version: text.includes(':') ? 6 : 4, value };
}

/** In the shortest form: RFC 5952. */
export function formatIpAddress({ version, value }: IpAddress): string {
  return version === 4 ? splitBits(value, 4, 8).join('.') : formatIpv6(value);
}

/** `address/prefix`, and the address that was written, which may be any of the subnet. Undefined where the text is none. */
export function parseCidr(text: string): { readonly address: IpAddress; readonly subnet: Subnet } | undefined {
  const [, before = '', after = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseIpAddress(before);
  if (address === undefined || (after.length > 1 && after.startsWith('0'))) return undefined;
  const prefixLength = Number(after);
  return prefixLength > bitsOf(address.version) ? undefined : { address, subnet: toSubnet(address, prefixLength) };
}

/** The subnet of that prefix length that an address is in. */
export function toSubnet({ version, value }: IpAddress, prefixLength: number): Subnet {
  const hostBits = BigInt(bitsOf(version) - prefixLength);
  return { version, first: (value >> hostBits) << hostBits, prefixLength };
}

export function formatSubnet({ version, first, prefixLength }: Subnet): string {
  return `${formatIpAddress({ version, value: first })}/${prefixLength}`;
}

/** How many addresses it has. */
export function sizeOf({ version, prefixLength }: Subnet): bigint {
  return 1n << BigInt(bitsOf(version) - prefixLength);
}

/** Its last address; in IPv4 the broadcast address. */
export function lastOf(subnet: Subnet): bigint {
  return subnet.first + sizeOf(subnet) - 1n;
}

export function hasAddress(subnet: Subnet, { version, value }: IpAddress): boolean {
  return version === subnet.version && value >= subnet.first && value <= lastOf(subnet);
}

/** True where they share an address, which is where one contains the other. */
export function doOverlap(a: Subnet, b: Subnet): boolean {
  return a.version === b.version && a.first <= lastOf(b) && b.first <= lastOf(a);
}

function bitsOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isAddress ? joinBits(parts.map(BigInt), 8) : undefined;
}

/** RFC 4291, section 2.2: eight groups, one run of zeros left out, and the last two groups as an IPv4 address where one likes. */
function parseIpv6(text: string): bigint | undefined {
  const tail = /[^:]*$/.exec(text)?.[0] ?? '';
  const embedded = tail.includes('.') ? parseIpv4(tail) : undefined;
  if (tail.includes('.') && embedded === undefined) return undefined;
  const groups =
    embedded === undefined
      ? text
      : `${text.slice(0, -tail.length)}${splitBits(embedded, 2, 16)
          .map((group) => group.toString(16))
          .join(':')}`;
  const [head = '', rest, ...more] = groups.split('::');
  const before = listGroups(head);
  const after = rest === undefined ? [] : listGroups(rest);
  const missing = 8 - before.length - after.length;
  const isFull = rest === undefined ? missing === 0 : missing > 0;
  const isHex = [...before, ...after].every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
  if (more.length > 0 || !isFull || !isHex) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return joinBits(
    all.map((group) => BigInt(`0x${group}`)),
    16,
  );
}

function listGroups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

function formatIpv6(value: bigint): string {
  const groups = splitBits(value, 8, 16).map((group) => group.toString(16));
  let [start, length] = [0, 1];
  for (let at = 0; at < groups.length; at++) {
    const run = groups.slice(at).findIndex((group) => group !== '0');
    const zeros = run < 0 ? groups.length - at : run;
    if (zeros > length) [start, length] = [at, zeros];
  }
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function joinBits(parts: readonly bigint[], width: number): bigint {
  return parts.reduce((sum, part) => (sum << BigInt(width)) | part, 0n);
}

function splitBits(value: bigint, count: number, width: number): readonly bigint[] {
  const mask = (1n << BigInt(width)) - 1n;
  return Array.from({ length: count }, (_, index) => (value >> BigInt(width * (count - 1 - index))) & mask);
}
