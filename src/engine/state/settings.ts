import type { Database } from '../../platform/database.js';

/** A word that a state root keeps as long as it lives. */
export function readSetting(database: Database, id: string): string | undefined {
  const value = database.get('SELECT value FROM settings WHERE id = ?', id)?.['value'];
  return typeof value === 'string' ? value : undefined;
}

/** The same; the first who asks makes it. */
export function keepSetting(database: Database, id: string, make: () => string): string {
  return (
    readSetting(database, id) ??
    database.transaction(() => {
      const known = readSetting(database, id);
      if (known !== undefined) return known;
      const value = make();
      database.run('INSERT INTO settings (id, value) VALUES (?, ?)', id, value);
      return value;
    })
  );
}
