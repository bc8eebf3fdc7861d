import { join } from 'node:path';
import type { Database } from '../../../../platform/database.js';
import { openMigratedDatabase } from '../../../../platform/schema.js';

/**
 * What a registry knows beside the bytes. A row of `blobs` or `manifests` says that a repository has that content, and is
 * there only while its file is (blob-files.ts); a file without rows is garbage. A step that has landed is never edited.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE blobs (
    repository TEXT NOT NULL, digest TEXT NOT NULL, used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
  ) WITHOUT ROWID;
  CREATE INDEX blobs_by_digest ON blobs (digest);
  CREATE TABLE manifests (
    repository TEXT NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    subject TEXT, artifact_type TEXT, annotations TEXT, pushed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
  ) WITHOUT ROWID;
  CREATE INDEX manifests_by_digest ON manifests (digest);
  CREATE INDEX manifests_by_subject ON manifests (repository, subject, digest);
  CREATE TABLE parts (
    repository TEXT NOT NULL, manifest TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (repository, manifest, digest),
    FOREIGN KEY (repository, manifest) REFERENCES manifests (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX parts_by_digest ON parts (repository, digest);
  CREATE TABLE tags (
    repository TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (repository, name),
    FOREIGN KEY (repository, digest) REFERENCES manifests (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX tags_by_digest ON tags (repository, digest);
  CREATE TABLE uploads (id TEXT PRIMARY KEY, repository TEXT NOT NULL, algorithm TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX uploads_by_repository ON uploads (repository);
  CREATE TABLE settings (id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
];

/** Opens or makes `<folder>/registry.db`. Throws where a newer program has written it. The caller closes it. */
export function openRegistryDatabase(folder: string): Database {
  return openMigratedDatabase(join(folder, 'registry.db'), 'the registry', MIGRATIONS);
}
