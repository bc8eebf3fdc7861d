import type { PullProgress } from '../../model/image.js';

export type Report = (progress: PullProgress) => void;

/**
 * Runs `work` and gives what it reports, in order, as a stream that ends or fails with it. Of the byte counts
 * of one layer that nobody has read yet only the last is kept. A reader that stops early aborts the work's signal.
 */
export async function* streamProgress<T extends Step = PullProgress>(
  work: (report: (progress: T) => void, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  const waiting: T[] = [];
  const stop = new AbortController();
  let wake: (() => void) | undefined;
  let isDone = false;
  const report = (progress: T) => {
    const known = waiting.findLastIndex((other) => isSameCount(other, progress));
    if (known >= 0) waiting[known] = progress;
    else waiting.push(progress);
    wake?.();
  };
  const ended = work(report, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])).finally(
    () => {
      isDone = true;
      wake?.();
    },
  );
  // The failure is thrown by the last await; until then it is not unhandled.
  ended.catch(() => undefined);
  try {
    while (!isDone || waiting.length > 0) {
      yield* waiting.splice(0);
      if (isDone || waiting.length > 0) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await ended;
  } finally {
    stop.abort();
    await ended.catch(() => undefined);
  }
}

interface Step {
  readonly phase: string;
  readonly digest?: string;
}

const COUNTS: readonly string[] = ['extracting', 'downloading', 'pushing'];

function isSameCount(one: Step, other: Step): boolean {
  return COUNTS.includes(one.phase) && one.phase === other.phase && one.digest === other.digest;
}
