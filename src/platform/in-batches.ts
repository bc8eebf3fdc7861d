import { setImmediate } from 'node:timers/promises';

const BATCH = 16;

/** The items in their order. After each few of them whoever waits for the event loop has its turn: a key that was pressed is answered. */
export async function* inBatches<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const [i, item] of items.entries()) {
    if (i > 0 && i % BATCH === 0) await setImmediate();
    yield item;
  }
}
