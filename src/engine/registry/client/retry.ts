import { setTimeout as wait } from 'node:timers/promises';
import { EngineError } from '../../../model/errors.js';
import { randomBelow } from '../../../platform/random.js';
import type { RegistrySettings } from './registry-settings.js';

type RetrySettings = Pick<RegistrySettings, 'maxAttempts' | 'retryDelayMs'>;

const GROWTH = 3;
const DELAY_MAX_MS = 30_000;
/** A registry that wants a longer pause gets an error instead of a program that seems to hang. */
const RETRY_AFTER_MAX_MS = 120_000;
const TRANSIENT: readonly number[] = [408, 429, 500, 502, 503, 504];

/** True for answers that another try may change. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT.includes(status);
}

/** How long to wait before try `attempt` + 1; undefined: not at all, this was the last. `attempt` counts from 1. */
export function nextDelayMs(attempt: number, settings: RetrySettings, retryAfter?: string): number | undefined {
  if (attempt >= settings.maxAttempts) return undefined;
  const asked = retryAfter === undefined ? undefined : parseRetryAfterMs(retryAfter, Date.now());
  if (asked !== undefined) return asked > RETRY_AFTER_MAX_MS ? undefined : asked;
  const delayMs = Math.min(settings.retryDelayMs * GROWTH ** (attempt - 1), DELAY_MAX_MS);
  // Half of it by chance: clients that failed together must not come back together.
  return delayMs / 2 + randomBelow(Math.max(1, Math.ceil(delayMs / 2)));
}

/** Seconds or a date. RFC 9110, 10.2.3. Undefined for what is neither. */
export function parseRetryAfterMs(text: string, nowMs: number): number | undefined {
  if (/^\d+$/.test(text.trim())) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** Rejects: cancelled. */
export async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new EngineError('cancelled', 'the request was cancelled', { cause: error });
  }
}
