import type { Database, Row } from '../../../../platform/database.js';
import { type ContentDigest, isContentDigest } from '../content-digest.js';

/** A manifest that a repository has. */
export interface ManifestRow {
  readonly digest: ContentDigest;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly subject?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A stretch of a list in the order of its bytes. */
export interface Page {
  readonly count: number;
  /** The list goes on after this one. */
  readonly last?: string | undefined;
}

/** What the repositories have, as rows; the bytes are in BlobFiles. Every call is one statement unless it says more. */
export interface Repositories {
  /** True if the repository has anything. */
  exists(repository: string): boolean;
  /** Names of those that have manifests. */
  list(page: Page): readonly string[];
  hasBlob(repository: string, digest: ContentDigest): boolean;
  /** Repositories that have the blob. */
  findBlob(digest: ContentDigest): readonly string[];
  /** Says that the repository has the blob, and that somebody wants it. */
  addBlob(repository: string, digest: ContentDigest): void;
  /** Somebody looked for the blob and may count on it in the manifest to come: garbage.ts leaves it for a while. */
  touchBlob(repository: string, digest: ContentDigest): void;
  removeBlob(repository: string, digest: ContentDigest): boolean;
  /** Manifests of the repository that are made of `digest`. */
  findUsers(repository: string, digest: ContentDigest): readonly string[];
  getManifest(repository: string, digest: ContentDigest): ManifestRow | undefined;
  /** By its tag. */
  findManifest(repository: string, tag: string): ManifestRow | undefined;
  /** As `touchBlob`. */
  touchManifest(repository: string, digest: ContentDigest): void;
  addManifest(repository: string, manifest: ManifestRow, parts: readonly string[]): void;
  /** Its tags go with it. */
  removeManifest(repository: string, digest: ContentDigest): boolean;
  /** Manifests whose subject is `digest`, by digest. */
  listReferrers(
    repository: string,
    digest: string,
    filter: Page & { readonly artifactType?: string },
  ): readonly ManifestRow[];
  tagsOf(repository: string, digest: ContentDigest): readonly string[];
  listTags(repository: string, page: Page): readonly string[];
  setTag(repository: string, tag: string, digest: ContentDigest): void;
  removeTag(repository: string, tag: string): boolean;
}

/** How exact the time is at which a blob was wanted last, ms: not every look is worth a write. */
const TOUCH_MS = 60_000;
const MANIFEST = 'manifests.digest, media_type, size_bytes, subject, artifact_type, annotations';

export function createRepositories(database: Database, nowMs: () => number): Repositories {
  return {
    ...createBlobRows(database, nowMs),
    ...createManifestRows(database, nowMs),
    ...createTagRows(database, nowMs),
  };
}

type BlobRows = Pick<
  Repositories,
  'exists' | 'list' | 'hasBlob' | 'findBlob' | 'addBlob' | 'touchBlob' | 'removeBlob' | 'findUsers'
>;

function createBlobRows(database: Database, nowMs: () => number): BlobRows {
  return {
    exists: (repository) =>
      database.get(
        'SELECT 1 FROM manifests WHERE repository = ? UNION ALL SELECT 1 FROM blobs WHERE repository = ? LIMIT 1',
        ...[repository, repository],
      ) !== undefined,
    list: ({ count, last }) =>
      database
        .all('SELECT DISTINCT repository FROM manifests WHERE repository > ? ORDER BY 1 LIMIT ?', last ?? '', count)
        .map((row) => String(row['repository'])),
    hasBlob: (repository, digest) =>
      database.get('SELECT 1 FROM blobs WHERE repository = ? AND digest = ?', repository, digest) !== undefined,
    findBlob: (digest) =>
      database.all('SELECT repository FROM blobs WHERE digest = ?', digest).map((row) => String(row['repository'])),
    addBlob: (repository, digest) =>
      void database.run(
        `INSERT INTO blobs (repository, digest, used_at_ms) VALUES (?, ?, ?)
         ON CONFLICT (repository, digest) DO UPDATE SET used_at_ms = excluded.used_at_ms`,
        ...[repository, digest, nowMs()],
      ),
    touchBlob(repository, digest) {
      const sql = 'SELECT 1 FROM blobs WHERE repository = ? AND digest = ? AND used_at_ms < ?';
      if (database.get(sql, repository, digest, nowMs() - TOUCH_MS) === undefined) return;
      database.run('UPDATE blobs SET used_at_ms = ? WHERE repository = ? AND digest = ?', nowMs(), repository, digest);
    },
    removeBlob: (repository, digest) =>
      database.run('DELETE FROM blobs WHERE repository = ? AND digest = ?', repository, digest) > 0,
    findUsers: (repository, digest) =>
      database
        .all('SELECT manifest FROM parts WHERE repository = ? AND digest = ?', repository, digest)
        .map((row) => String(row['manifest'])),
  };
}

type ManifestRows = Pick<
  Repositories,
  'getManifest' | 'findManifest' | 'touchManifest' | 'addManifest' | 'removeManifest' | 'listReferrers'
>;

function createManifestRows(database: Database, nowMs: () => number): ManifestRows {
  return {
    getManifest: (repository, digest) =>
      toManifest(
        database.get(`SELECT ${MANIFEST} FROM manifests WHERE repository = ? AND digest = ?`, repository, digest),
      ),
    findManifest: (repository, tag) =>
      toManifest(
        database.get(
          `SELECT ${MANIFEST} FROM tags JOIN manifests USING (repository, digest) WHERE repository = ? AND name = ?`,
          ...[repository, tag],
        ),
      ),
    touchManifest(repository, digest) {
      const sql = 'SELECT 1 FROM manifests WHERE repository = ? AND digest = ? AND pushed_at_ms < ?';
      if (database.get(sql, repository, digest, nowMs() - TOUCH_MS) === undefined) return;
      const update = 'UPDATE manifests SET pushed_at_ms = ? WHERE repository = ? AND digest = ?';
      database.run(update, nowMs(), repository, digest);
    },
    addManifest: (repository, manifest, parts) =>
      database.transaction(() => {
        const { digest, mediaType, sizeBytes, subject, artifactType, annotations } = manifest;
        database.run(
          `INSERT INTO manifests
             (repository, digest, media_type, size_bytes, subject, artifact_type, annotations, pushed_at_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (repository, digest) DO UPDATE SET
             media_type = excluded.media_type, artifact_type = excluded.artifact_type, pushed_at_ms = excluded.pushed_at_ms`,
          ...[repository, digest, mediaType, sizeBytes, subject ?? null, artifactType ?? null],
          ...[annotations === undefined ? null : JSON.stringify(annotations), nowMs()],
        );
        const sql = 'INSERT INTO parts (repository, manifest, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
        for (const part of parts) database.run(sql, repository, digest, part);
      }),
    removeManifest: (repository, digest) =>
      database.run('DELETE FROM manifests WHERE repository = ? AND digest = ?', repository, digest) > 0,
    listReferrers: (repository, digest, { count, last, artifactType }) =>
      database
        .all(
          `SELECT ${MANIFEST} FROM manifests WHERE repository = ? AND subject = ? AND digest > ?
             AND (? IS NULL OR artifact_type = ?) ORDER BY digest LIMIT ?`,
          ...[repository, digest, last ?? '', artifactType ?? null, artifactType ?? null, count],
        )
        .flatMap((row) => toManifest(row) ?? []),
  };
}

type TagRows = Pick<Repositories, 'tagsOf' | 'listTags' | 'setTag' | 'removeTag'>;

function createTagRows(database: Database, nowMs: () => number): TagRows {
  return {
    tagsOf: (repository, digest) =>
      database
        .all('SELECT name FROM tags WHERE repository = ? AND digest = ?', repository, digest)
        .map((row) => String(row['name'])),
    listTags: (repository, { count, last }) =>
      database
        .all(
          'SELECT name FROM tags WHERE repository = ? AND name > ? ORDER BY name LIMIT ?',
          ...[repository, last ?? '', count],
        )
        .map((row) => String(row['name'])),
    setTag: (repository, tag, digest) =>
      void database.run(
        `INSERT INTO tags (repository, name, digest, changed_at_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, changed_at_ms = excluded.changed_at_ms`,
        ...[repository, tag, digest, nowMs()],
      ),
    removeTag: (repository, tag) =>
      database.run('DELETE FROM tags WHERE repository = ? AND name = ?', repository, tag) > 0,
  };
}

function toManifest(row: Row | undefined): ManifestRow | undefined {
  if (row === undefined) return undefined;
  const digest = String(row['digest']);
  if (!isContentDigest(digest)) throw new Error(`the registry database has ${digest} for a digest`);
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  const annotations = text('annotations');
  return {
    digest,
    mediaType: String(row['media_type']),
    sizeBytes: Number(row['size_bytes']),
    subject: text('subject'),
    artifactType: text('artifact_type'),
    annotations: annotations === undefined ? undefined : JSON.parse(annotations),
  };
}
