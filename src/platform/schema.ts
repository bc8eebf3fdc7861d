import { type Database, openDatabase } from './database.js';

/**
 * Opens or makes the database at `path` at its newest schema: one script of statements for each version, which
 * `PRAGMA user_version` counts. No statement has a semicolon of its own. Throws where a newer program has written it; `what`
 * begins the message. The caller closes it.
 */
export function openMigratedDatabase(path: string, what: string, steps: readonly string[]): Database {
  const database = openDatabase(path);
  try {
    migrate(database, what, steps);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function migrate(database: Database, what: string, steps: readonly string[]): void {
  if (readSchemaVersion(database) === steps.length) return;
  database.transaction(() => {
    const version = readSchemaVersion(database);
    if (version > steps.length) {
      throw new Error(`${what} has schema ${version}, this program knows ${steps.length}: use a newer one`);
    }
    for (const step of steps.slice(version)) executeAll(database, step);
    database.run(`PRAGMA user_version = ${steps.length}`);
  });
}

/** The version that the database has now; 0 where nothing is in it. */
export function readSchemaVersion(database: Database): number {
  return Number(database.get('PRAGMA user_version')?.['user_version'] ?? 0);
}

function executeAll(database: Database, script: string): void {
  for (const statement of script.split(';')) {
    if (statement.trim() !== '') database.run(statement);
  }
}
