import { EngineError, messageOf } from '../../model/errors.js';
import type { Problem } from '../../model/finding.js';
import type { Database } from '../../platform/database.js';

/** Messages that SQLite gives at most; the first tells most. */
const MESSAGES_MAX = 20;

/** The file itself, its indexes, and rows that speak of others. https://sqlite.org/pragma.html#pragma_integrity_check */
export function* checkDatabase(database: Database, isQuick: boolean): Generator<Problem> {
  const look = () => readComplaints(database, isQuick ? 'quick_check' : 'integrity_check');
  const complaints = look();
  if (complaints.length > 0) {
    const mend = () => {
      // All that SQLite can make anew from the rows themselves.
      database.run('REINDEX');
      const left = look();
      if (left.length > 0) throw new EngineError('internal', `it is still damaged: ${left[0]}`);
      return 'made its indexes anew';
    };
    yield { finding: { kind: 'database-damaged', detail: complaints.join('; ') }, mend };
  }
  for (const row of database.all('PRAGMA foreign_key_check')) {
    const [table, rowid, parent] = [String(row['table']), Number(row['rowid']), String(row['parent'])];
    const id = String(database.get(`SELECT id FROM ${table} WHERE rowid = ?`, rowid)?.['id'] ?? rowid);
    const finding = {
      kind: 'row-broken',
      table,
      id,
      detail: `it speaks of a row of ${parent} that is not there`,
    } as const;
    yield { finding, mend: () => removeRow(database, table, 'rowid', rowid) };
  }
}

export interface RowCheck<T> {
  readonly database: Database;
  readonly table: string;
  /** As the store's own: throws where the document is none of its kind. */
  readonly parse: (document: unknown) => T;
  /** Default `id`. */
  readonly key?: string;
  /** Why a broken row must stay; absent: it can be removed. */
  readonly keptBecause?: string;
}

/** All rows that can be read, and a problem for each that cannot. */
export function readRows<T>(check: RowCheck<T>): {
  readonly values: readonly T[];
  readonly problems: readonly Problem[];
} {
  const { database, table, parse, key = 'id', keptBecause } = check;
  const values: T[] = [];
  const problems: Problem[] = [];
  for (const row of database.all(`SELECT ${key} AS id, document FROM ${table}`)) {
    const id = row['id'] as string | number;
    try {
      values.push(parse(JSON.parse(String(row['document']))));
    } catch (error) {
      const mend = () => {
        if (keptBecause !== undefined) throw new EngineError('conflict', keptBecause);
        return removeRow(database, table, key, id);
      };
      problems.push({ finding: { kind: 'row-broken', table, id: String(id), detail: messageOf(error) }, mend });
    }
  }
  return { values, problems };
}

function removeRow(database: Database, table: string, key: string, id: string | number): string {
  database.run(`DELETE FROM ${table} WHERE ${key} = ?`, id);
  return `removed row ${id} of ${table}`;
}

function readComplaints(database: Database, pragma: string): readonly string[] {
  const rows = database.all(`PRAGMA ${pragma}(${MESSAGES_MAX})`);
  return rows.map((row) => String(row[pragma])).filter((text) => text !== 'ok');
}
