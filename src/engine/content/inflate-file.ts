import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { EngineError, messageOf } from '../../model/errors.js';
import { type ProgramEnd, startLimited } from '../../platform/limited-process.js';
import { damaged } from './decompress.js';
import { mostPlainBytes, tooLarge } from './expansion-guard.js';

export interface Inflation {
  /** Path of gantry-init. */
  readonly helper: string;
  /** Path of igzip. */
  readonly program: string;
  /** The file that is inflated: gzip, of one member or more. */
  readonly packed: string;
  readonly packedBytes: number;
  /** The file that is made. */
  readonly path: string;
}

/** The program could not even begin: it is broken, or the file is. */
export class NotInflatedError extends Error {
  override readonly name = 'NotInflatedError';

  constructor() {
    super('nothing was inflated');
  }
}

const PART_SIZE = 1 << 19;
const PROBE_SIZE = 1 << 16;
/** As long as a part takes to be inflated. */
const LOOK_MS = 2;

/**
 * Has a program of the host inflate a file into another, and gives what is in that as it comes, in parts that are there until the next one
 * is asked for: beside a pipe this spares the copies of each byte into the pipe, out of it, and into the file. When nobody reads on,
 * and when this process ends, the program ends; the file stays. Rejects: invalid-argument (damaged, cut off, a bomb), unavailable
 * (no space); NotInflatedError.
 */
export async function* inflateFile(inflation: Inflation): AsyncGenerator<Buffer, void> {
  const { helper, program, packed, packedBytes, path } = inflation;
  const words = [program, '-d', '-c'];
  const inflater = startLimited({ helper, words, from: packed, to: path, mostBytes: mostPlainBytes(packedBytes) });
  let at = 0;
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const buffer = Buffer.allocUnsafe(PART_SIZE);
    for (;;) {
      // Asked before the file: what is there then is all.
      const isWhole = inflater.end !== undefined;
      const thereBytes = fstatSync(file).size - at;
      if (thereBytes >= PART_SIZE || (isWhole && thereBytes > 0)) {
        // Another thread would take longer to be asked and to answer than this takes.
        const length = readSync(file, buffer, 0, PART_SIZE, at);
        at += length;
        yield buffer.subarray(0, length);
        await setImmediate();
      } else if (isWhole) {
        break;
      } else {
        await setTimeout(LOOK_MS);
      }
    }
    if (inflater.end?.code !== 0) throw toError(path, { ...inflater.end, isEmpty: at === 0 });
  } finally {
    inflater.kill();
    await inflater.ended;
    if (file !== undefined) closeSync(file);
  }
}

function toError(path: string, { signal, isEmpty }: ProgramEnd & { readonly isEmpty: boolean }): Error {
  if (signal === 'SIGXFSZ') return tooLarge();
  try {
    // The program says in words alone what it could not do.
    appendFileSync(path, Buffer.alloc(PROBE_SIZE));
  } catch (cause) {
    return new EngineError('unavailable', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
  return isEmpty ? new NotInflatedError() : damaged('gzip');
}
