import { createHash } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { EngineError, messageOf } from '../../model/errors.js';
import type { DiffId } from '../../model/ids.js';
import type { FileDigest, FileDigests } from '../../platform/file-digest/file-digests.js';
import { writeWhole } from '../../platform/file-parts/write-whole.js';
import { findCommand } from '../../platform/find-command.js';
import { errnoOf } from '../../platform/kernel-file.js';
import { decompress, readCompression } from '../content/decompress.js';
import { toDigest } from '../content/digest.js';
import { guardExpansion } from '../content/expansion-guard.js';
import { inflateFile, NotInflatedError } from '../content/inflate-file.js';

export interface PlainTarOptions {
  /** Path of gantry-init. */
  readonly program: string;
  readonly digests: FileDigests;
  /** The tar, plain or compressed. */
  readonly source: AsyncIterable<Uint8Array>;
  /** The file that the source reads, where it is one. */
  readonly sourceFile?: string;
  /** The file that the plain tar is written to; nowhere when absent. */
  readonly into?: string;
  /** Where it is known already. */
  readonly diffId?: DiffId;
  readonly signal?: AbortSignal;
}

/** The plain bytes of a layer's tar, on their way through its digest and into its file. */
export interface PlainTar {
  /** Takes digests of what is in it, where there is a file that has it plain. */
  readonly digest?: FileDigest;
  /**
   * A part is there until the next one is asked for, and no longer; the file has all of it. Rejects: invalid-argument (damaged, cut off, a
   * bomb), cancelled, unavailable (no space).
   */
  read(): AsyncGenerator<Buffer, void>;
  /** After the last part: its DiffID, and what the digest has of its parts. Rejects where the file cannot be read. */
  finish(): Promise<{ readonly diffId: DiffId; readonly parts?: Buffer }>;
  /** Ends what goes on beside; to be called whatever happened. */
  close(): void;
}

export function openPlainTar(options: PlainTarOptions): PlainTar {
  const { into, source, sourceFile, diffId, signal, digests } = options;
  if (into !== undefined) return readBesideFile(fillFile(into, options), digests.start(into));
  if (sourceFile === undefined || readCompression(sourceFile) !== 'none') return hashHere(options);
  const digest = digests.start(sourceFile, { takesWhole: diffId === undefined });
  return readBesideFile(expand(source, signal), digest, diffId);
}

function hashHere({ source, diffId, signal }: PlainTarOptions): PlainTar {
  const hash = diffId === undefined ? createHash('sha256') : undefined;
  return {
    async *read() {
      for await (const bytes of expand(source, signal)) {
        hash?.update(bytes);
        yield bytes;
      }
    },
    finish: async () => ({ diffId: diffId ?? toDiffId(hash?.digest('hex') ?? '') }),
    close: () => undefined,
  };
}

/** What is read is in the file of the digest. */
function readBesideFile(source: AsyncIterable<Buffer>, digest: FileDigest, diffId?: DiffId): PlainTar {
  return {
    digest,
    async *read() {
      let sizeBytes = 0;
      for await (const bytes of source) {
        yield bytes;
        // Now the parts that begin in these bytes are known.
        sizeBytes += bytes.length;
        digest.advance(sizeBytes);
      }
    },
    async finish() {
      const { hex, parts } = await digest.finish();
      return { diffId: diffId ?? toDiffId(hex), parts };
    },
    close: digest.close,
  };
}

async function* fillFile(into: string, options: PlainTarOptions): AsyncGenerator<Buffer> {
  const { source, signal } = options;
  const inflation = findInflation(into, options);
  if (inflation !== undefined) {
    try {
      for await (const bytes of inflateFile(inflation)) {
        if (signal?.aborted === true) throw new EngineError('cancelled', 'reading the archive was cancelled');
        yield bytes;
      }
      return;
    } catch (error) {
      if (!(error instanceof NotInflatedError)) throw error;
      rmSync(into);
    }
  }
  const file = openSync(into, 'wx', 0o600);
  try {
    for await (const bytes of expand(source, signal)) {
      write(file, bytes, into);
      yield bytes;
    }
  } finally {
    closeSync(file);
  }
}

/** From that length on igzip inflates in half the time, and beside all that happens here; to start it takes as long as to inflate this. */
const INFLATER_FROM_BYTES = 2 << 20;

function findInflation(path: string, { program: helper, sourceFile: packed }: PlainTarOptions) {
  if (packed === undefined) return undefined;
  const packedBytes = statSync(packed).size;
  if (packedBytes < INFLATER_FROM_BYTES || readCompression(packed) !== 'gzip') return undefined;
  const program = findCommand('igzip');
  return program === undefined ? undefined : { helper, program, packed, packedBytes, path };
}

async function* expand(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const guard = guardExpansion(source, signal);
  let plainBytes = 0;
  for await (const bytes of decompress(guard.source)) {
    plainBytes += bytes.length;
    guard.check(plainBytes);
    yield bytes;
  }
}

function write(file: number, bytes: Uint8Array, path: string): void {
  try {
    writeWhole(file, bytes);
  } catch (cause) {
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoOf(cause));
    throw new EngineError(isFull ? 'unavailable' : 'internal', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

function toDiffId(hex: string): DiffId {
  return toDigest(hex) as string as DiffId;
}
