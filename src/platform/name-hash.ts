const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/**
 * `digits` (16 at most) hex digits that tell one path from another where the kernel has no room for a path: in names of cgroups,
 * interfaces and tables. No digest: two that have the same can be made. To load node:crypto for it takes 7 ms of a command.
 * FNV-1a, 64 bits: draft-eastlake-fnv
 */
export function hashForName(text: string, digits: number): string {
  let hash = OFFSET;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return hash.toString(16).padStart(16, '0').slice(0, digits);
}
