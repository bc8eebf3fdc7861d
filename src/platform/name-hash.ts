const OFFSET = [0xcbf29ce4, 0x84222325] as const;
/** The prime is 2^40 and this. */
const PRIME_LOW = 0x1b3;

/**
 * `digits` (16 at most) hex digits that tell one text from another where there is no room for it: in names of cgroups, interfaces,
 * tables and files. No digest: two texts that have the same can be made. To load node:crypto for it takes 7 to 12 ms of a command.
 * FNV-1a, 64 bits: draft-eastlake-fnv
 */
export function hashForName(text: string, digits: number): string {
  let [high, low]: [number, number] = [...OFFSET];
  for (const byte of Buffer.from(text)) {
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return [high, low]
    .map((half) => half.toString(16).padStart(8, '0'))
    .join('')
    .slice(0, digits);
}
