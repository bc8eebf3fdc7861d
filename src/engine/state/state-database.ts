import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../platform/database.js';
import { openMigratedDatabase } from '../../platform/schema.js';
import { STATE_MIGRATIONS } from './migrations.js';

/** Opens `<root>/state.db`, which is made if it is missing, at the newest schema. The caller closes it. */
export function openStateDatabase(root: string): Database {
  mkdirSync(root, { recursive: true, mode: 0o710 });
  return openMigratedDatabase(join(root, 'state.db'), 'the state database', STATE_MIGRATIONS);
}
