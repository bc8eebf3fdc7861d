import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../platform/database.js';
import { migrate } from './migrations.js';

/** Opens `<root>/state.db`, which is made if it is missing, at the newest schema. The caller closes it. */
export function openStateDatabase(root: string): Database {
  mkdirSync(root, { recursive: true, mode: 0o710 });
  const database = openDatabase(join(root, 'state.db'));
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}
