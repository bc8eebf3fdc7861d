/**
 * The schema, one step a version. A step that has landed is never edited. Tables whose
 * rows are records (record-table.ts) have `id`, `version` and `document`, and columns of their own only for what is looked up.
 */
export const STATE_MIGRATIONS: readonly string[] = [
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
