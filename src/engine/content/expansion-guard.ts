import { EngineError } from '../../model/errors.js';

/** More plain bytes than this for each packed one, beyond the first gigabyte, is a bomb and no archive. */
const RATIO_MAX = 200;
const FREE_BYTES = 2 ** 30;

export interface ExpansionGuard {
  /** The packed stream, counted; it ends with `cancelled` when the signal aborts. */
  readonly source: AsyncIterable<Uint8Array>;
  /** Rejects: invalid-argument, once too much has come out of what has gone in. */
  check(plainBytes: number): void;
}

export function guardExpansion(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): ExpansionGuard {
  let packedBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const bytes of source) {
      if (signal?.aborted === true) throw new EngineError('cancelled', 'reading the archive was cancelled');
      packedBytes += bytes.length;
      yield bytes;
    }
  }
  return {
    source: counted(),
    check(plainBytes) {
      if (plainBytes > mostPlainBytes(packedBytes)) throw tooLarge();
    },
  };
}

/** Of an archive of that length. */
export function mostPlainBytes(packedBytes: number): number {
  return packedBytes * RATIO_MAX + FREE_BYTES;
}

export function tooLarge(): EngineError {
  return new EngineError('invalid-argument', `the archive expands to more than ${RATIO_MAX} times its size`);
}
