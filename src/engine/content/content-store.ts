import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { type Digest, isDigest } from '../../model/ids.js';
import { openStaging, removeSmall } from '../../platform/staging.js';

/** Blobs by the digest of their bytes: `blobs/sha256/HEX`, as in an OCI image layout (image-spec, image-layout.md). */
export interface ContentStore {
  /**
   * Reads the stream to its end and keeps it. Rejects: invalid-argument (not the digest or size that were expected); then,
   * and when the stream fails, nothing is kept.
   */
  ingest(source: AsyncIterable<Uint8Array>, expected?: ExpectedBlob): Promise<Blob>;
  /** The bytes, in parts. Rejects: not-found. */
  read(digest: Digest): AsyncGenerator<Buffer>;
  /** Undefined where there is none. */
  stat(digest: Digest): Blob | undefined;
  list(): readonly Blob[];
  /** One that is not there is fine. */
  remove(digest: Digest): void;
  /** Deletes what processes left that died while they ingested. */
  sweep(): void;
}

export interface Blob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface ExpectedBlob {
  readonly digest?: Digest;
  readonly sizeBytes?: number;
}

const READ_SIZE = 1 << 20;

/** Opens or makes the store in `root`. */
export function openContentStore(root: string): ContentStore {
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
  return {
    async ingest(source, expected = {}) {
      const path = staging.path();
      try {
        const blob = await writeBlob(path, source);
        checkBlob(blob, expected);
        renameSync(path, pathOf(blob.digest));
        return blob;
      } catch (error) {
        removeSmall(path);
        throw error;
      }
    },
    read: (digest) => readFile(pathOf(digest), digest),
    stat,
    list: () =>
      readdirSync(blobs)
        .map((name) => `sha256:${name}`)
        .filter(isDigest)
        .flatMap((digest) => stat(digest) ?? []),
    remove: (digest) => removeSmall(pathOf(digest)),
    sweep() {
      for (const path of staging.abandoned()) removeSmall(path);
    },
  };
}

async function writeBlob(path: string, source: AsyncIterable<Uint8Array>): Promise<Blob> {
  const hash = createHash('sha256');
  const file = openSync(path, 'wx', 0o600);
  let sizeBytes = 0;
  try {
    for await (const bytes of source) {
      hash.update(bytes);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      sizeBytes += bytes.length;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (!isDigest(digest)) throw new EngineError('internal', `${digest} is no digest`);
  return { digest, sizeBytes };
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

async function* readFile(path: string, digest: Digest): AsyncGenerator<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw new EngineError('not-found', `no content with digest ${digest}`, { cause: error });
  });
  try {
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_SIZE), 0, READ_SIZE);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
