import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../../../platform/kernel-file.js';
import { openStaging, removeSmall } from '../../../../platform/staging.js';
import { algorithmOf, type ContentDigest, isContentDigest } from '../content-digest.js';

/** The bytes of a registry: `blobs/ALGORITHM/HEX`, as in an OCI image layout, and a staging folder beside it. */
export interface BlobFiles {
  /** Undefined where there is none. */
  size(digest: ContentDigest): number | undefined;
  /** Rejects with what the file system says. */
  open(digest: ContentDigest): Promise<FileHandle>;
  path(digest: ContentDigest): string;
  /** A path in the staging folder that nobody else gets. */
  stagingPath(): string;
  /**
   * Gives a whole, synced file its name; the old name stays until the caller removes it. Called inside the transaction that
   * writes the row, so that a garbage collection in another process comes before or after both.
   */
  link(path: string, digest: ContentDigest): void;
  list(): readonly ContentDigest[];
  /** One that is not there is fine. */
  remove(digest: ContentDigest): void;
  /** Deletes what processes that have died left in the staging folder. */
  sweepStaging(): void;
  /** This process, as platform/staging.ts names it. */
  readonly owner: string;
}

const ALGORITHMS = ['sha256', 'sha512'] as const;

/** Makes the folders if they are missing. */
export function openBlobFiles(folder: string): BlobFiles {
  const folderOf = (algorithm: string) => join(folder, 'blobs', algorithm);
  for (const algorithm of ALGORITHMS) mkdirSync(folderOf(algorithm), { recursive: true, mode: 0o700 });
  const staging = openStaging(join(folder, 'staging'));
  const path = (digest: ContentDigest): string => {
    // A digest becomes a file name: nothing else may.
    if (!isContentDigest(digest)) throw new Error(`${String(digest)} is no digest`);
    return join(folderOf(algorithmOf(digest)), digest.slice(digest.indexOf(':') + 1));
  };
  return {
    owner: staging.owner,
    path,
    size: (digest) => statSync(path(digest), { throwIfNoEntry: false })?.size,
    open: (digest) => open(path(digest)),
    stagingPath: () => staging.path(),
    link(source, digest) {
      try {
        linkSync(source, path(digest));
      } catch (error) {
        // The same content was pushed by somebody else before.
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      syncFolder(folderOf(algorithmOf(digest)));
    },
    list: () =>
      ALGORITHMS.flatMap((algorithm) => readdirSync(folderOf(algorithm)).map((name) => `${algorithm}:${name}`)).filter(
        isContentDigest,
      ),
    remove: (digest) => removeSmall(path(digest)),
    sweepStaging() {
      for (const stray of staging.abandoned()) removeSmall(stray);
    },
  };
}

/** A name survives a power failure once its folder is on the disk. */
function syncFolder(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
