import { setTimeout as delay } from 'node:timers/promises';

/** A machine that is emulated says by how much it is slower. */
export const SLOWER = Number(process.env['GANTRY_TEST_SLOWER'] ?? 1);

/** Resolves with the first value of `look` that is neither undefined nor false; rejects after the limit. */
export async function waitUntil<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 10_000,
): Promise<T> {
  const end = Date.now() + limitMs * SLOWER;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${limitMs * SLOWER} ms for ${what}`);
    }
    await delay(5);
  }
}
