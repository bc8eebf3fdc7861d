import type { Database } from '../../platform/database.js';

/**
 * The schema, one step a version; `PRAGMA user_version` counts them. A step that has landed is never edited. Tables whose
 * rows are records (record-table.ts) have `id`, `version` and `document`, and columns of their own only for what is looked up.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE containers (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE, status TEXT NOT NULL, created_at_ms INTEGER NOT NULL
  );
  CREATE INDEX containers_by_status ON containers (status);
  CREATE TABLE execs (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE
  );
  CREATE INDEX execs_by_container ON execs (container_id);
  CREATE TABLE images (id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE TABLE image_references (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES images (id)
  );
  CREATE INDEX image_references_by_image ON image_references (image_id);
  CREATE TABLE layers (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    parent TEXT REFERENCES layers (id)
  );
  CREATE INDEX layers_by_parent ON layers (parent);
  CREATE TABLE volumes (id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE TABLE networks (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE
  );
  CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE INDEX events_by_time ON events (at_ms);
  CREATE TABLE settings (id TEXT PRIMARY KEY, value TEXT NOT NULL);
  `,
  `
  CREATE TABLE content_leases (
    lease TEXT NOT NULL, digest TEXT NOT NULL, owner TEXT NOT NULL, is_writer INTEGER NOT NULL,
    PRIMARY KEY (lease, digest)
  );
  CREATE INDEX content_leases_by_digest ON content_leases (digest);
  `,
];

/** Brings the database to the newest schema. Throws where a newer program has written it. */
export function migrate(database: Database): void {
  if (readVersion(database) === MIGRATIONS.length) return;
  database.transaction(() => {
    const version = readVersion(database);
    if (version > MIGRATIONS.length) {
      throw new Error(
        `the state database has schema ${version}, this program knows ${MIGRATIONS.length}: use a newer one`,
      );
    }
    for (const step of MIGRATIONS.slice(version)) executeAll(database, step);
    database.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

function readVersion(database: Database): number {
  return Number(database.get('PRAGMA user_version')?.['user_version'] ?? 0);
}

function executeAll(database: Database, script: string): void {
  for (const statement of script.split(';')) {
    if (statement.trim() !== '') database.run(statement);
  }
}
