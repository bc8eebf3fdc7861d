import { setTimeout as delay } from 'node:timers/promises';
import { SLOWER } from './wait-until.js';

/** Looks every 5 ms until the condition gives something, for 10 s at most. `what` names it in the failure. */
export async function waitFor<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const until = Date.now() + 10_000 * SLOWER;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > until) throw new Error(`waited ${10 * SLOWER} s for ${what}`);
    await delay(5);
  }
}
