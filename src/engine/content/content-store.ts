import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../model/errors.js';
import { type Digest, isDigest } from '../../model/ids.js';
import {
  createFileDigests,
  type Digests,
  type FileDigest,
  type FileDigests,
} from '../../platform/file-digest/file-digests.js';
import { type ReadPartsOptions, readParts } from '../../platform/file-parts/read-parts.js';
import { writeWhole } from '../../platform/file-parts/write-whole.js';
import { openStaging, removeSmall } from '../../platform/staging.js';
import { digestOf, toDigest } from './digest.js';

/** Blobs by the digest of their bytes: `blobs/sha256/HEX`, as in an OCI image layout (image-spec, image-layout.md). */
export interface ContentStore {
  /**
   * Reads the stream to its end and keeps it. Rejects: invalid-argument (not the digest or size that were expected); then,
   * and when the stream fails, nothing is kept.
   */
  ingest(source: AsyncIterable<Uint8Array>, expected?: ExpectedBlob): Promise<Blob>;
  /** Begins a blob that is written now and kept or discarded later. */
  stage(options?: StageOptions): BlobWriter;
  /** The same of bytes that are few and at hand whole. */
  put(bytes: Uint8Array): StagedBlob;
  /** The bytes, in parts. Rejects: not-found. */
  read(digest: Digest, options?: ReadBlobOptions): AsyncGenerator<Buffer>;
  /** One that is kept already, in the form of one that is not. Rejects: not-found. */
  open(digest: Digest): StagedBlob;
  /** Undefined where there is none. */
  stat(digest: Digest): Blob | undefined;
  /** Its file, which others may link and must not change; undefined where there is none. */
  locate(digest: Digest): string | undefined;
  list(): readonly Blob[];
  /** One that is not there is fine. */
  remove(digest: Digest): void;
  /** What processes left that have died while they ingested: paths. */
  abandoned(): readonly string[];
  /** Deletes what such processes left, and blobs that are not among `used` and older than an hour: a younger one may be in use soon. */
  sweep(used: ReadonlySet<Digest>): void;
}

export interface Blob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface StageOptions {
  /** It is digested as it is written: where the processors have enough to do without a thread beside. */
  readonly isDigestedHere?: boolean;
}

export interface BlobWriter {
  /** Of the file that is written to, which nobody changes once it is finished. */
  readonly path: string;
  /** Takes digests of what is in it, in `parts` of what is finished; absent where it is digested as it is written. */
  readonly digest?: FileDigest;
  write(bytes: Uint8Array): void;
  /** Resolves with what has been written, not yet in the store. */
  finish(): Promise<StagedBlob>;
  discard(): void;
}

export interface StagedBlob extends Blob {
  /** Of the file that has its bytes, which nobody changes. */
  readonly path: string;
  /** They were hashed as they were written to it; else it was there before. */
  readonly isNew: boolean;
  /** Of its parts, where `BlobWriter.digest` was told of any. */
  readonly parts?: Buffer;
  read(options?: ReadBlobOptions): AsyncGenerator<Buffer>;
  /** Resolves when its bytes are on the disk; `keep` sees to that itself, and waits for it. */
  flush(): Promise<void>;
  /** Puts it into the store. Rejects: invalid-argument (not the digest or size that were expected). */
  keep(expected?: ExpectedBlob): Blob;
  /** Deletes it, unless it was kept. */
  discard(): void;
}

export type ReadBlobOptions = ReadPartsOptions;

export interface ExpectedBlob {
  readonly digest?: Digest;
  readonly sizeBytes?: number;
}

const UNUSED_AGE_MS = 3_600_000;
const GATHER_SIZE = 1 << 18;

export interface ContentStoreOptions {
  /** Default: of its own. */
  readonly digests?: FileDigests;
  /** Deletes a file that nobody finds any more. Default: at once, for which the kernel takes 0.1 s for each gigabyte. */
  readonly deleteFile?: (path: string) => void;
}

/** Opens or makes the store in `root`. */
export function openContentStore(root: string, options: ContentStoreOptions = {}): ContentStore {
  const { digests = createFileDigests(), deleteFile = removeSmall } = options;
  const blobs = join(root, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true, mode: 0o700 });
  const staging = openStaging(join(root, 'ingest'));
  const pathOf = (digest: Digest): string => {
    // A digest becomes a file name: nothing else may.
    if (!isDigest(digest)) throw new EngineError('invalid-argument', `invalid digest "${String(digest)}"`);
    return join(blobs, digest.slice('sha256:'.length));
  };
  const stat = (digest: Digest): Blob | undefined => {
    const status = statSync(pathOf(digest), { throwIfNoEntry: false });
    return status === undefined ? undefined : { digest, sizeBytes: status.size };
  };
  const list = () =>
    readdirSync(blobs)
      .map((name) => `sha256:${name}`)
      .filter(isDigest)
      .flatMap((digest) => stat(digest) ?? []);
  const remove = (digest: Digest): void => {
    const withdrawn = staging.withdrawIfThere(pathOf(digest));
    if (withdrawn !== undefined) deleteFile(withdrawn);
  };
  const stage = ({ isDigestedHere = false }: StageOptions = {}): BlobWriter => {
    const path = staging.path();
    return startBlob({ path, pathOf }, isDigestedHere ? digestHere() : digestBeside(path, digests));
  };
  return {
    async ingest(source, expected = {}) {
      const writer = stage();
      try {
        for await (const bytes of source) writer.write(bytes);
        return (await writer.finish()).keep(expected);
      } catch (error) {
        writer.discard();
        throw error;
      }
    },
    stage,
    put: (bytes) => putBlob({ path: staging.path(), pathOf }, bytes),
    read: (digest, options) => readBlob(pathOf(digest), digest, options),
    open(digest) {
      const blob = stat(digest);
      if (blob === undefined) throw new EngineError('not-found', `no content with digest ${digest}`);
      return {
        ...blob,
        path: pathOf(digest),
        isNew: false,
        read: (options) => readBlob(pathOf(digest), digest, options),
        flush: async () => undefined,
        keep: () => blob,
        discard: () => undefined,
      };
    },
    stat,
    locate: (digest) => (stat(digest) === undefined ? undefined : pathOf(digest)),
    list,
    remove,
    abandoned: staging.abandoned,
    sweep(used) {
      for (const path of staging.abandoned()) removeSmall(path);
      for (const { digest } of list()) {
        if (!used.has(digest) && statSync(pathOf(digest)).mtimeMs < Date.now() - UNUSED_AGE_MS) remove(digest);
      }
    },
  };
}

interface BlobPlace {
  /** In the staging folder. */
  readonly path: string;
  readonly pathOf: (digest: Digest) => string;
}

/** Of a blob that is written. */
interface BlobDigest {
  /** What has just been written; `sizeBytes` are all until then. */
  take(bytes: Uint8Array, sizeBytes: number): void;
  finish(): Promise<Digests>;
  close(): void;
  /** What it is taken by, where that is beside. */
  readonly beside?: FileDigest;
}

const NO_PARTS = Buffer.alloc(0);

function digestHere(): BlobDigest {
  const own = createHash('sha256');
  return {
    take: (bytes) => own.update(bytes),
    finish: async () => ({ hex: own.digest('hex'), parts: NO_PARTS }),
    close: () => undefined,
  };
}

function digestBeside(path: string, digests: FileDigests): BlobDigest {
  const beside = digests.start(path);
  return {
    take: (_, sizeBytes) => beside.advance(sizeBytes),
    finish: beside.finish,
    close: beside.close,
    beside,
  };
}

function startBlob({ path, pathOf }: BlobPlace, own: BlobDigest): BlobWriter {
  let file: number | undefined = openSync(path, 'wx', 0o600);
  let sizeBytes = 0;
  let gather: Buffer | undefined;
  let gathered = 0;
  const put = (bytes: Uint8Array) => {
    if (file === undefined) return;
    writeBlob(path, file, bytes);
    sizeBytes += bytes.length;
    own.take(bytes, sizeBytes);
  };
  const flush = () => {
    if (gather !== undefined && gathered > 0) put(gather.subarray(0, gathered));
    gathered = 0;
  };
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    path,
    ...(own.beside && { digest: own.beside }),
    discard() {
      close();
      own.close();
      removeSmall(path);
    },
    write(bytes) {
      if (file === undefined) throw new EngineError('internal', 'the blob is closed');
      // A tar of many files comes in pieces of some hundred bytes.
      if (gathered + bytes.length > GATHER_SIZE) flush();
      if (bytes.length >= GATHER_SIZE / 4) {
        flush();
        put(bytes);
        return;
      }
      gather ??= Buffer.allocUnsafe(GATHER_SIZE);
      gather.set(bytes, gathered);
      gathered += bytes.length;
    },
    async finish() {
      flush();
      close();
      try {
        const { hex, parts } = await own.finish();
        return toStagedBlob({ path, pathOf }, { digest: toDigest(hex), sizeBytes, parts });
      } finally {
        own.close();
      }
    },
  };
}

function putBlob({ path, pathOf }: BlobPlace, bytes: Uint8Array): StagedBlob {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeBlob(path, file, bytes);
  } catch (error) {
    removeSmall(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return toStagedBlob({ path, pathOf }, { digest: digestOf(bytes), sizeBytes: bytes.length });
}

function writeBlob(path: string, file: number, bytes: Uint8Array): void {
  try {
    writeWhole(file, bytes);
  } catch (cause) {
    throw new EngineError('unavailable', `cannot write the blob ${path}: ${messageOf(cause)}`, { cause });
  }
}

function toStagedBlob(
  { path, pathOf }: BlobPlace,
  { digest, sizeBytes, parts }: Blob & { readonly parts?: Buffer },
): StagedBlob {
  let place = path;
  let isOnDisk = false;
  let flushed: Promise<void> | undefined;
  return {
    digest,
    sizeBytes,
    get path() {
      return place;
    },
    isNew: true,
    ...(parts !== undefined && parts.length > 0 && { parts }),
    discard: () => removeSmall(path),
    read: (options) => readBlob(place, digest, options),
    async flush() {
      flushed ??= flushBeside(place);
      await flushed;
      isOnDisk = true;
    },
    keep(expected = {}) {
      checkBlob({ digest, sizeBytes }, expected);
      if (!isOnDisk) flushFile(place);
      renameSync(place, pathOf(digest));
      place = pathOf(digest);
      return { digest, sizeBytes };
    },
  };
}

async function flushBeside(path: string): Promise<void> {
  const file = await open(path);
  await file.sync().finally(() => file.close());
}

/** Content must be on the disk before its name says that it is whole. */
function flushFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function checkBlob(blob: Blob, expected: ExpectedBlob): void {
  if (expected.sizeBytes !== undefined && expected.sizeBytes !== blob.sizeBytes) {
    const sizes = `${blob.sizeBytes} bytes instead of ${expected.sizeBytes}`;
    throw new EngineError(
      'invalid-argument',
      `content of the wrong size: ${sizes} (${expected.digest ?? blob.digest})`,
    );
  }
  if (expected.digest !== undefined && expected.digest !== blob.digest) {
    throw new EngineError(
      'invalid-argument',
      `content of the wrong digest: ${blob.digest} instead of ${expected.digest}`,
    );
  }
}

async function* readBlob(path: string, digest: Digest, options?: ReadBlobOptions): AsyncGenerator<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw new EngineError('not-found', `no content with digest ${digest}`, { cause: error });
  });
  yield* readParts(file, options);
}
