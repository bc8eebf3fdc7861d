/** Where the engine reads the time, so that tests can set it. */
export interface Clock {
  /** Wall clock, ms since 1970. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
