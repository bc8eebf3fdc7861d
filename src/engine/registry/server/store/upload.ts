import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { algorithmOf, type ContentDigest, type DigestAlgorithm, finishDigest } from '../content-digest.js';
import { RegistryError } from '../registry-error.js';

/** A blob on its way in: a file that grows, with the hash of what is in it. OCI distribution-spec, "Pushing blobs". */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  /** Bytes that are in. */
  readonly sizeBytes: number;
  /** Some request is writing to it. */
  readonly isRunning: boolean;
  /**
   * Adds what comes to its end. A request that still writes is ended first, as its client has lost it and goes on from where
   * the upload is said to end. What came before a failure stays. Rejects: RegistryError 413, and what the stream or the disk says.
   */
  append(source: Readable, position: number | undefined, onWritten?: (sizeBytes: number) => void): Promise<void>;
  /** Ends writing, and makes sure that the bytes are on the disk and are those of the digest. Rejects: RegistryError 400. */
  verify(digest: ContentDigest): Promise<void>;
  /** Resolves when nobody writes. */
  stop(): Promise<void>;
}

export interface UploadFile {
  readonly id: string;
  readonly repository: string;
  readonly path: string;
  readonly algorithm: DigestAlgorithm;
  /** Of the whole blob. */
  readonly maxBytes: number;
}

/** Bytes that are hashed and written at once: a step to the disk costs more than the bytes of a small one. */
const BATCH_BYTES = 1 << 20;

/** Goes on with the file at `path`, which is there: hashes what is in it. */
export async function resumeUpload(file: UploadFile): Promise<Upload> {
  const hash = createHash(file.algorithm);
  let sizeBytes = 0;
  for await (const bytes of readFile(file.path)) {
    hash.update(bytes);
    sizeBytes += bytes.length;
  }
  return createUpload(file, hash, sizeBytes);
}

export function createUpload(file: UploadFile, start: Hash = createHash(file.algorithm), size = 0): Upload {
  let hash = start;
  let sizeBytes = size;
  let running: { readonly source: Readable; readonly done: Promise<unknown> } | undefined;
  let isTakenOver = false;
  const stop = async (): Promise<void> => {
    while (running !== undefined) {
      isTakenOver = true;
      running.source.destroy();
      await running.done;
    }
  };
  const write = async (source: Readable, onWritten: (sizeBytes: number) => void): Promise<void> => {
    const handle = await open(file.path, 'r+');
    try {
      for await (const batch of gather(source)) {
        // Whoever takes over has been told where the upload ends: it must not grow after that.
        if (isTakenOver) return;
        if (sizeBytes + batch.length > file.maxBytes) throw tooLarge(file.maxBytes);
        const writing = writeAll(handle, batch, sizeBytes);
        // Hashed while it is written; what could not be written is not in the hash either.
        const next = hash.copy().update(batch);
        await writing;
        hash = next;
        sizeBytes += batch.length;
        onWritten(sizeBytes);
      }
    } finally {
      await handle.close();
    }
  };
  return {
    id: file.id,
    repository: file.repository,
    get sizeBytes() {
      return sizeBytes;
    },
    get isRunning() {
      return running !== undefined;
    },
    stop,
    async append(source, position, onWritten = () => undefined) {
      await stop();
      if (position !== undefined && position !== sizeBytes) throw outOfOrder(file, sizeBytes);
      isTakenOver = false;
      const work = write(source, onWritten);
      running = { source, done: work.catch(() => undefined) };
      try {
        await work;
      } finally {
        running = undefined;
      }
    },
    async verify(digest) {
      await stop();
      const handle = await open(file.path, 'r+');
      try {
        // A write that failed half-way may have left bytes behind the end.
        await handle.truncate(sizeBytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      const algorithm = algorithmOf(digest);
      const found =
        algorithm === file.algorithm ? finishDigest(hash, algorithm) : await digestFile(file.path, algorithm);
      if (found !== digest) {
        throw new RegistryError(400, 'DIGEST_INVALID', `the content has digest ${found} and not ${digest}`);
      }
    },
  };
}

/** Range and Location of an upload, as its answers say them. */
export function uploadHeaders({ repository, id, sizeBytes }: Pick<Upload, 'repository' | 'id' | 'sizeBytes'>) {
  return {
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    // Of an empty upload too, as Docker's registry has it: the spec has no word for "nothing yet".
    Range: `0-${Math.max(0, sizeBytes - 1)}`,
    'Docker-Upload-UUID': id,
  };
}

async function writeAll(handle: FileHandle, batch: Buffer, position: number): Promise<void> {
  for (let at = 0; at < batch.length; ) {
    at += (await handle.write(batch, at, batch.length - at, position + at)).bytesWritten;
  }
}

/** What has come is passed on even when the stream fails after it. */
async function* gather(source: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): Buffer => {
    const batch = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    parts = [];
    length = 0;
    return batch;
  };
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const bytes of source) {
      parts.push(bytes);
      length += bytes.length;
      if (length >= BATCH_BYTES) yield take();
    }
  } catch (error) {
    failure = { error };
  }
  if (length > 0) yield take();
  if (failure !== undefined) throw failure.error;
}

async function* readFile(path: string): AsyncGenerator<Buffer> {
  yield* createReadStream(path, { highWaterMark: BATCH_BYTES });
}

async function digestFile(path: string, algorithm: DigestAlgorithm): Promise<ContentDigest> {
  const hash = createHash(algorithm);
  for await (const bytes of readFile(path)) hash.update(bytes);
  return finishDigest(hash, algorithm);
}

function outOfOrder(file: UploadFile, sizeBytes: number): RegistryError {
  const message = `the chunk does not begin at ${sizeBytes}, where the last one ended`;
  return new RegistryError(416, 'BLOB_UPLOAD_INVALID', message, uploadHeaders({ ...file, sizeBytes }));
}

function tooLarge(maxBytes: number): RegistryError {
  return new RegistryError(413, 'SIZE_INVALID', `the blob is larger than the ${maxBytes} bytes that are allowed`);
}
