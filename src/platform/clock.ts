/** Where the engine reads the time, so that tests can set it. */
export interface Clock {
  /** Wall clock, ms since 1970. */
  nowMs(): number;
}

/** Milliseconds since some moment, which setting the clock does not change. `performance` is loaded with its first use, which takes 3 ms. */
export function monotonicNowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
