import { randomBytes, randomInt } from 'node:crypto';

/** `bytes` random bytes as lower-case hex digits, unpredictable. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** A random whole number from 0 to `below` - 1. */
export function randomBelow(below: number): number {
  return randomInt(below);
}
