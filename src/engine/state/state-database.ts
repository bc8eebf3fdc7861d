import { accessSync, constants, mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { Database } from '../../platform/database.js';
import { errnoOf } from '../../platform/kernel-file.js';
import { openMigratedDatabase } from '../../platform/schema.js';
import { STATE_MIGRATIONS } from './migrations.js';

/** What SQLite needs to open a database and to take some rows out of it: its log, and memory that is shared by a file. */
const RESERVE_BYTES = 2 ** 20;
/** The reserve is made where there is plenty, and given up where it is needed. */
const PLENTY_BYTES = 64 * RESERVE_BYTES;

/**
 * Opens `<root>/state.db`, which is made if it is missing, at the newest schema. The caller closes it. Beside it is a file of
 * nothing, which goes when the disk is full: without room nobody could remove anything.
 */
export function openStateDatabase(root: string): Database {
  mkdirSync(root, { recursive: true, mode: 0o710 });
  keepReserve(root);
  try {
    return openMigratedDatabase(join(root, 'state.db'), 'the state database', STATE_MIGRATIONS);
  } catch (cause) {
    // SQLite says no more than that it cannot open the file.
    if (isReadOnly(root)) throw new EngineError('unavailable', `the state root ${root} is read-only`, { cause });
    throw cause;
  }
}

function isReadOnly(root: string): boolean {
  try {
    accessSync(root, constants.W_OK);
    return false;
  } catch (error) {
    return errnoOf(error) === 'EROFS';
  }
}

function keepReserve(root: string): void {
  const path = join(root, 'reserve');
  const { bavail, bsize } = statfsSync(root);
  const freeBytes = bavail * bsize;
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  try {
    if (isThere && freeBytes < RESERVE_BYTES) rmSync(path, { force: true });
    else if (!isThere && freeBytes > PLENTY_BYTES) writeFileSync(path, Buffer.alloc(RESERVE_BYTES), { mode: 0o600 });
  } catch {
    // What keeps it from being written keeps the database too, which says so.
  }
}
