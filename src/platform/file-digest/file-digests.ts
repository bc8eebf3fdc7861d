import { setImmediate } from 'node:timers/promises';
import { type Digests, DigestThread } from './digest-thread.js';
import { PassingDigest } from './passing-digest.js';

export type { Digests };

/** The SHA-256 of a file that is there or is being written, from its beginning to its end, and of parts of it. */
export interface FileDigest {
  /**
   * One more part, at the bytes `at` up to `at + length`; behind those that were added before, and before `advance` has got
   * to its begin. Returns its number: parts are counted from zero.
   */
  add(at: number, length: number): number;
  /** So many bytes of the file are there, and do not change any more. */
  advance(sizeBytes: number): void;
  /** It has no more than that. Rejects where it cannot be read. */
  finish(): Promise<Digests>;
  /** To be called for each, finished or not. */
  close(): void;
}

export interface FileDigestOptions {
  /** False: that of the whole is not needed. Default true. */
  readonly takesWhole?: boolean;
}

/** Those of large files are taken by one thread, beside all that happens here, which is there while there are any. */
export interface FileDigests {
  /** Of the file at the path, which is opened when it is needed. */
  start(path: string, options?: FileDigestOptions): FileDigest;
}

export interface FileDigestsOptions {
  /** From this length on it is the thread that takes them. Default 16 MiB: for less it would cost more than it spares. */
  readonly threadFromBytes?: number;
}

const THREAD_FROM_BYTES = 16 << 20;
/** To wake a thread can take longer than to digest a megabyte; without one so much is digested before others have their turn. */
const STEP_BYTES = 8 << 20;

export function createFileDigests({ threadFromBytes = THREAD_FROM_BYTES }: FileDigestsOptions = {}): FileDigests {
  let thread: DigestThread | undefined;
  let files = 0;
  const enterThread = (id: number): DigestThread => {
    if (thread === undefined || thread.hasEnded) thread = new DigestThread();
    thread.enter(id);
    return thread;
  };
  return {
    start(path, { takesWhole = true } = {}) {
      const id = ++files;
      let sizeBytes = 0;
      let askedBytes = 0;
      let parts: number[] = [];
      let count = 0;
      let own: DigestThread | undefined;
      const ask = (isAll: boolean) => {
        own?.ask({ id, path, takesWhole, sizeBytes, parts, isAll });
        askedBytes = sizeBytes;
        parts = [];
      };
      return {
        add(at, length) {
          parts.push(at, length);
          return count++;
        },
        advance(size) {
          sizeBytes = size;
          if (sizeBytes < threadFromBytes || sizeBytes - askedBytes < STEP_BYTES) return;
          own ??= enterThread(id);
          ask(false);
        },
        async finish() {
          if (own === undefined) return await digestHere({ path, takesWhole, sizeBytes, parts });
          ask(true);
          return await own.answer(id);
        },
        close: () => own?.leave(id),
      };
    },
  };
}

interface File {
  readonly path: string;
  readonly takesWhole: boolean;
  readonly sizeBytes: number;
  readonly parts: readonly number[];
}

async function digestHere({ path, takesWhole, sizeBytes, parts }: File): Promise<Digests> {
  const digest = new PassingDigest(path, takesWhole);
  try {
    digest.add(parts);
    for (let at = 0; at < sizeBytes; await setImmediate()) {
      at = Math.min(at + STEP_BYTES, sizeBytes);
      digest.advance(at);
    }
    return { hex: digest.wholeHex(), parts: digest.takeParts() };
  } finally {
    digest.close();
  }
}
