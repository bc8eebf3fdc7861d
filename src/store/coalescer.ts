/** Collects keys and hands them over together, `delayMs` after the first; the next ones wait until that is done. */
export interface Coalescer<Key> {
  add(key: Key): void;
  close(): void;
}

export function createCoalescer<Key>(
  delayMs: number,
  handle: (keys: ReadonlySet<Key>) => Promise<void>,
): Coalescer<Key> {
  let keys = new Set<Key>();
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  let isClosed = false;
  const schedule = () => {
    if (isClosed || isBusy || timer !== undefined || keys.size === 0) return;
    timer = setTimeout(() => void run(), delayMs);
  };
  const run = async () => {
    timer = undefined;
    const taken = keys;
    keys = new Set();
    isBusy = true;
    try {
      await handle(taken);
    } finally {
      isBusy = false;
      schedule();
    }
  };
  return {
    add: (key) => {
      keys.add(key);
      schedule();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
