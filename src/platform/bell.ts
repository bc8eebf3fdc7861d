/** Wakes one waiter: any number of rings since it last waited are one. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once if it has rung since; false when the signal has aborted. */
  wait(): Promise<boolean>;
  /** Stops listening to the signal. */
  close(): void;
}

/** An abort of `signal` rings too. */
export function createBell(signal?: AbortSignal): Bell {
  let hasRung = signal?.aborted === true;
  let answer: (() => void) | undefined;
  const ring = (): void => {
    hasRung = true;
    answer?.();
  };
  signal?.addEventListener('abort', ring);
  return {
    ring,
    wait: async () => {
      if (!hasRung) {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
      }
      hasRung = false;
      answer = undefined;
      return signal?.aborted !== true;
    },
    close: () => signal?.removeEventListener('abort', ring),
  };
}
