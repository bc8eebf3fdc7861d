import type { Readable } from 'node:stream';

export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

export interface OutputQueue {
  readonly chunks: AsyncIterable<OutputChunk>;
  push(chunk: OutputChunk): void;
  /** Keeps the source running however much waits: something else on it is waited for. */
  holdOpen(isHeld: boolean): void;
  /** Resolves when nothing waits for the reader, at the end too. */
  idle(): Promise<void>;
  end(): void;
}

/** Above this the source is paused until the reader has caught up. */
const HIGH_WATER_BYTES = 256 * 1024;

/** Between a source that is pushed from and one reader that pulls; the source stands still while the reader is behind. */
export function createOutputQueue(source: Readable): OutputQueue {
  const queue: OutputChunk[] = [];
  let waitingBytes = 0;
  let isEnded = false;
  let isHeld = false;
  let wake: (() => void) | undefined;
  const idlers: (() => void)[] = [];
  const regulate = () => {
    if (waitingBytes > HIGH_WATER_BYTES && !isHeld) {
      source.pause();
    } else if (source.isPaused()) {
      source.resume();
    }
  };
  async function* read(): AsyncGenerator<OutputChunk> {
    while (true) {
      const chunk = queue.shift();
      if (chunk) {
        waitingBytes -= chunk.bytes.length;
        regulate();
        yield chunk;
        continue;
      }
      for (const resolve of idlers.splice(0)) resolve();
      if (isEnded) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    chunks: { [Symbol.asyncIterator]: read },
    push: (chunk) => {
      queue.push(chunk);
      waitingBytes += chunk.bytes.length;
      regulate();
      wake?.();
    },
    holdOpen: (held) => {
      isHeld = held;
      regulate();
    },
    idle: () => (queue.length === 0 ? Promise.resolve() : new Promise<void>((resolve) => void idlers.push(resolve))),
    end: () => {
      isEnded = true;
      wake?.();
    },
  };
}
