import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first value of `look` that is neither undefined nor false; rejects after the limit. */
export async function waitUntil<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 10_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${limitMs} ms for ${what}`);
    }
    await delay(5);
  }
}
