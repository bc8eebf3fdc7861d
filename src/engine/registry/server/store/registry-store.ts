import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Database } from '../../../../platform/database.js';
import { removeSmall } from '../../../../platform/staging.js';
import type { ContentDigest } from '../content-digest.js';
import { type BlobFiles, openBlobFiles } from './blob-files.js';
import { openRegistryDatabase } from './registry-database.js';
import { createRepositories, type Repositories } from './repositories.js';
import type { Upload } from './upload.js';
import { openUploads, type Uploads } from './uploads.js';

/** A registry's folder: `registry.db`, `blobs/`, `uploads/` and `staging/`. Several processes may have it open. */
export interface RegistryStore {
  readonly database: Database;
  readonly files: BlobFiles;
  readonly repositories: Repositories;
  readonly uploads: Uploads;
  /** Makes a blob of the repository of a whole upload. Rejects: RegistryError 400 (another digest); the upload is gone then too. */
  commitUpload(upload: Upload, digest: ContentDigest): Promise<void>;
  /**
   * Keeps the bytes of a manifest and calls `addRows` in the transaction that makes them visible; what that throws
   * undoes all.
   */
  commitManifest(bytes: Uint8Array, digest: ContentDigest, addRows: () => void): Promise<void>;
  close(): void;
}

export interface RegistryStoreOptions {
  readonly folder: string;
  readonly nowMs: () => number;
  /** Largest blob, bytes. */
  readonly maxBlobBytes: number;
  readonly maxUploads: number;
}

/** Makes the folder if it is missing. */
export function openRegistryStore(options: RegistryStoreOptions): RegistryStore {
  const { folder, nowMs } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = openRegistryDatabase(folder);
  const files = openBlobFiles(folder);
  const repositories = createRepositories(database, nowMs);
  const uploads = openUploads({ ...options, database });
  files.sweepStaging();
  return {
    ...{ database, files, repositories, uploads },
    async commitUpload(upload, digest) {
      try {
        await upload.verify(digest);
        database.transaction(() => {
          files.link(uploads.pathOf(upload.id), digest);
          repositories.addBlob(upload.repository, digest);
        });
      } finally {
        await uploads.remove(upload);
      }
    },
    async commitManifest(bytes, digest, addRows) {
      const path = files.stagingPath();
      try {
        await writeSynced(path, bytes);
        database.transaction(() => {
          addRows();
          files.link(path, digest);
        });
      } finally {
        removeSmall(path);
      }
    },
    close: () => database.close(),
  };
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
