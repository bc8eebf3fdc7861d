import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../../../platform/database.js';
import { removeSmall } from '../../../../platform/staging.js';
import { type DigestAlgorithm, isDigestAlgorithm } from '../content-digest.js';
import { RegistryError } from '../registry-error.js';
import { createUpload, resumeUpload, type Upload } from './upload.js';

/** The uploads that are open. Each has a row and a file `uploads/ID`, and outlives the server that began it. */
export interface Uploads {
  /** Rejects: RegistryError 429 (too many are open). */
  start(repository: string, algorithm: DigestAlgorithm): Upload;
  /** Undefined for one that is not there, or is another repository's. */
  find(repository: string, id: string): Promise<Upload | undefined>;
  /** Ends and deletes it. */
  remove(upload: Upload): Promise<void>;
  count(): number;
  /** Of its file. */
  pathOf(id: string): string;
  /** Deletes those to which nothing came for so long, and files without a row. Returns how many. */
  sweep(idleMs: number): number;
}

export interface UploadsOptions {
  readonly folder: string;
  readonly database: Database;
  readonly nowMs: () => number;
  readonly maxBlobBytes: number;
  readonly maxUploads: number;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function openUploads(options: UploadsOptions): Uploads {
  const { database, nowMs } = options;
  const folder = join(options.folder, 'uploads');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  /** Those that this process has seen, with the hash of what is in them. */
  const known = new Map<string, Promise<Upload>>();
  const count = () => Number(database.get('SELECT count(*) AS count FROM uploads')?.['count'] ?? 0);
  const toFile = (id: string, repository: string, algorithm: DigestAlgorithm) => ({
    ...{ id, repository, algorithm, path: join(folder, id), maxBytes: options.maxBlobBytes },
  });
  const forget = (id: string): void => {
    known.delete(id);
    database.run('DELETE FROM uploads WHERE id = ?', id);
    removeSmall(join(folder, id));
  };
  return {
    count,
    pathOf: (id) => join(folder, id),
    start(repository, algorithm) {
      if (count() >= options.maxUploads) {
        throw new RegistryError(429, 'TOOMANYREQUESTS', `${options.maxUploads} uploads are open`, {
          'Retry-After': '30',
        });
      }
      const id = randomUUID();
      closeSync(openSync(join(folder, id), 'wx', 0o600));
      database.run('INSERT INTO uploads (id, repository, algorithm) VALUES (?, ?, ?)', id, repository, algorithm);
      const upload = createUpload(toFile(id, repository, algorithm));
      known.set(id, Promise.resolve(upload));
      return upload;
    },
    async find(repository, id) {
      if (!ID.test(id)) return undefined;
      const row = database.get('SELECT algorithm FROM uploads WHERE id = ? AND repository = ?', id, repository);
      const algorithm = String(row?.['algorithm']);
      if (row === undefined || !isDigestAlgorithm(algorithm) || mtimeOf(join(folder, id)) === undefined)
        return undefined;
      const upload = known.get(id) ?? resumeUpload(toFile(id, repository, algorithm));
      known.set(id, upload);
      upload.catch(() => known.delete(id));
      return await upload;
    },
    async remove(upload) {
      await upload.stop();
      forget(upload.id);
    },
    sweep(idleMs) {
      const before = nowMs() - idleMs;
      const rows = new Set(database.all('SELECT id FROM uploads').map((row) => String(row['id'])));
      const strays = readdirSync(folder).filter((id) => !rows.has(id));
      const doomed = [...rows, ...strays].filter((id) => (mtimeOf(join(folder, id)) ?? 0) < before);
      for (const id of doomed) forget(id);
      return doomed.length;
    },
  };
}

function mtimeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
