import { closeSync, openSync, readSync } from 'node:fs';

/** `bytes` random bytes as lower-case hex digits, unpredictable. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** A random whole number from 0 to `below` - 1; `below` is 2^32 at most. */
export function randomBelow(below: number): number {
  // What is left above the last whole multiple would favour the small ones.
  const limit = 2 ** 32 - (2 ** 32 % below);
  for (;;) {
    const number = randomBytes(4).readUInt32LE();
    if (number < limit) return number % below;
  }
}

/** From the kernel's generator: node:crypto takes 7 to 12 ms to load, which commands have no other need of. urandom(4) */
function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const file = openSync('/dev/urandom', 'r');
  try {
    // It gives up to 256 bytes at once.
    for (let at = 0; at < count; ) at += readSync(file, bytes, at, count - at, null);
  } finally {
    closeSync(file);
  }
  return bytes;
}
