import { EngineError } from '../../../../model/errors.js';
import { isAlive } from '../../../../platform/staging.js';
import type { RegistryStore } from './registry-store.js';

/**
 * Makes this process the one that serves the folder: two servers would not know of each other's uploads. The claim of a
 * process that has died does not count. Rejects: conflict. Returns what gives it back.
 */
export function claimFolder({ database, files: { owner } }: RegistryStore, folder: string): () => void {
  database.transaction(() => {
    const holder = database.get('SELECT value FROM settings WHERE id = ?', 'server')?.['value'];
    if (typeof holder === 'string' && isAlive(holder)) {
      throw new EngineError(
        'conflict',
        `the registry in ${folder} is served already, by process ${holder.split('-')[0]}`,
      );
    }
    const sql = 'INSERT INTO settings (id, value) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value';
    database.run(sql, 'server', owner);
  });
  return () => void database.run('DELETE FROM settings WHERE id = ? AND value = ?', 'server', owner);
}
