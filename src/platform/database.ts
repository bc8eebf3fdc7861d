import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { EngineError } from '../model/errors.js';

/** What SQLite stores in a cell here. */
export type Cell = string | number | null;
/** A row as it was read, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * One open SQLite database, synchronous. Statements are prepared once for each SQL text. Every method throws what SQLite
 * throws, and unavailable where it is the disk that refuses; a lock that another process holds for more than five seconds is `database is locked`.
 */
export interface Database {
  /** Executes a statement and returns the number of rows it changed. */
  run(sql: string, ...cells: readonly Cell[]): number;
  get(sql: string, ...cells: readonly Cell[]): Row | undefined;
  all(sql: string, ...cells: readonly Cell[]): readonly Row[];
  /**
   * Runs `work` in one transaction that takes the write lock at its start: what it reads cannot change before it writes.
   * Rolls back when `work` throws. A call inside another joins it.
   */
  transaction<T>(work: () => T): T;
  /** Calls `action` once when the current transaction has been committed, never when it is rolled back; at once outside of one. */
  afterCommit(action: () => void): void;
  close(): void;
}

/** How long a writer waits for another process, ms. A transaction of ours takes well under one. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens or makes the database at `path`; one that is read only is there, and stays as it is. https://sqlite.org/wal.html
 *
 * `synchronous=NORMAL`: with a write-ahead log a commit is one write without fsync, and it survives the death of every
 * process; only a power failure can lose the last commits, and the database stays whole even then, because checkpoints
 * sync. After a power failure no container runs, so a lost `running` is no lie. FULL costs an fsync, 1 to 10 ms, for each
 * state change; OFF gains nothing between checkpoints and risks the file.
 */
export function openDatabase(path: string, { isReadOnly = false }: { readonly isReadOnly?: boolean } = {}): Database {
  return wrapConnection(
    namingDisk(path, () => {
      const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: isReadOnly });
      if (isReadOnly) return connection;
      connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
      return connection;
    }),
    path,
  );
}

/** SQLITE_READONLY, _IOERR, _FULL and _CANTOPEN: the disk refuses, whatever was asked. https://sqlite.org/rescode.html */
const DISK_CODES = [8, 10, 13, 14];

/** What the disk refuses is said of the database, where SQLite says "disk I/O error" alone. */
function namingDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
    if (!(error instanceof Error) || !DISK_CODES.includes(code)) throw error;
    throw new EngineError('unavailable', `cannot use the database ${path}: ${error.message}`, { cause: error });
  }
}

function wrapConnection(connection: DatabaseSync, path: string): Database {
  const statements = new Map<string, StatementSync>();
  let afterwards = new Set<() => void>();
  let inTransaction = false;

  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const rollBack = (): void => {
    afterwards = new Set();
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (connection.isTransaction) prepare('ROLLBACK').run();
  };
  const transaction = <T>(work: () => T): T => {
    if (inTransaction) return work();
    namingDisk(path, () => prepare('BEGIN IMMEDIATE').run());
    inTransaction = true;
    let result: T;
    try {
      result = work();
      namingDisk(path, () => prepare('COMMIT').run());
    } catch (error) {
      rollBack();
      throw error;
    } finally {
      inTransaction = false;
    }
    const actions = afterwards;
    afterwards = new Set();
    for (const action of actions) action();
    return result;
  };
  return {
    run: (sql, ...cells) => namingDisk(path, () => Number(prepare(sql).run(...cells).changes)),
    get: (sql, ...cells) => namingDisk(path, () => prepare(sql).get(...cells)),
    all: (sql, ...cells) => namingDisk(path, () => prepare(sql).all(...cells)),
    transaction,
    afterCommit: (action) => {
      if (inTransaction) afterwards.add(action);
      else action();
    },
    close: () => {
      statements.clear();
      connection.close();
    },
  };
}
