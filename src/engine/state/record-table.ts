import { EngineError, messageOf } from '../../model/errors.js';
import type { Cell, Database, Row } from '../../platform/database.js';

/** A value as it stands in the database; `version` grows by one with each change. */
export interface StoredRecord<T> {
  readonly id: string;
  readonly version: number;
  readonly value: T;
}

/** Typed access to one table of migrations.ts. The value is a JSON document. A row that cannot be read is an error that names it. */
export interface RecordTable<T> {
  get(id: string): StoredRecord<T> | undefined;
  /** In no particular order; `where` is SQL over the table's own columns. */
  find(where?: string, ...cells: readonly Cell[]): readonly StoredRecord<T>[];
  /** The same without the rows that cannot be read, which `system check` tells of: for what must be done for all others. */
  findReadable(where?: string, ...cells: readonly Cell[]): readonly StoredRecord<T>[];
  /** False if the id or another unique column is taken. */
  insert(id: string, value: T): boolean;
  /** Compare-and-set: false if the record is gone or has changed since `record` was read. */
  replace(record: StoredRecord<T>, value: T): boolean;
  /** Reads, changes and writes in one transaction. `change` returns undefined to leave it; so does the whole if it is gone. */
  update(id: string, change: (value: T) => T | undefined): StoredRecord<T> | undefined;
  /** False if it was not there. */
  remove(id: string): boolean;
}

export interface RecordTableOptions<T> {
  readonly database: Database;
  readonly table: string;
  /** Turns the stored document into a value; throws if it is none. */
  readonly parse: (document: unknown) => T;
  /** The table's own columns, always the same names. */
  readonly columns?: (value: T) => Readonly<Record<string, Cell>>;
}

/** Values of documents that were read or written last are kept: the start of a container reads its row ten times, and it changes four times. */
const MOST_KEPT = 256;

export function createRecordTable<T>(options: RecordTableOptions<T>): RecordTable<T> {
  const { database, table, parse } = options;
  const columns = (value: T): Readonly<Record<string, Cell>> => options.columns?.(value) ?? {};
  const select = `SELECT id, version, document FROM ${table}`;
  const selectOne = `${select} WHERE id = ?`;
  const toUpdate = (names: readonly string[]): string =>
    `UPDATE ${table} SET version = version + 1, document = ?${names.map((name) => `, ${name} = ?`).join('')} WHERE id = ? AND version = ?`;
  // A statement is found by its text, which takes longer where the text is made anew.
  let update: string | undefined;
  const kept = new Map<string, { readonly document: string; readonly value: T }>();
  const keep = (id: string, document: string, value: T): T => {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(id, { document, value });
    return value;
  };
  const parseDocument = (id: string, document: string): T => {
    const known = kept.get(id);
    if (known?.document === document) return known.value;
    return keep(id, document, parse(JSON.parse(document)));
  };
  const toRecord = (row: Row): StoredRecord<T> => {
    const id = String(row['id']);
    try {
      return { id, version: Number(row['version']), value: parseDocument(id, String(row['document'])) };
    } catch (cause) {
      throw new EngineError('internal', `cannot read row ${id} of ${table}: ${messageOf(cause)}`, { cause });
    }
  };
  const findRows = (where: string | undefined, cells: readonly Cell[]): readonly Row[] =>
    database.all(where === undefined ? select : `${select} WHERE ${where}`, ...cells);
  const get = (id: string): StoredRecord<T> | undefined => {
    const row = database.get(selectOne, id);
    return row === undefined ? undefined : toRecord(row);
  };
  const replace = (record: StoredRecord<T>, value: T): boolean => {
    const own = columns(value);
    update ??= toUpdate(Object.keys(own));
    const document = JSON.stringify(value);
    const isDone = database.run(update, document, ...Object.values(own), record.id, record.version) === 1;
    // Should the transaction be rolled back, the row has another document.
    if (isDone) keep(record.id, document, value);
    return isDone;
  };
  return {
    get,
    find: (where, ...cells) => findRows(where, cells).map(toRecord),
    findReadable: (where, ...cells) => findRows(where, cells).flatMap((row) => toRecordOrNone(toRecord, row)),
    insert: (id, value) => {
      const own = columns(value);
      const names = ['id', 'version', 'document', ...Object.keys(own)];
      const marks = names.map(() => '?').join(', ');
      const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks}) ON CONFLICT DO NOTHING`;
      return database.run(sql, id, 1, JSON.stringify(value), ...Object.values(own)) === 1;
    },
    replace,
    update: (id, change) =>
      database.transaction(() => {
        const record = get(id);
        const value = record === undefined ? undefined : change(record.value);
        if (record === undefined || value === undefined) return undefined;
        replace(record, value);
        return { id, version: record.version + 1, value };
      }),
    remove: (id) => database.run(`DELETE FROM ${table} WHERE id = ?`, id) === 1,
  };
}

/** SQL for a field of the document; NULL where that is no JSON, of which SQLite would otherwise say so and read no further row. */
export function fieldOf(path: string): string {
  return `CASE WHEN json_valid(document) THEN document ->> '${path}' END`;
}

function toRecordOrNone<T>(toRecord: (row: Row) => StoredRecord<T>, row: Row): readonly StoredRecord<T>[] {
  try {
    return [toRecord(row)];
  } catch {
    // The check reads it too, and tells.
    return [];
  }
}
