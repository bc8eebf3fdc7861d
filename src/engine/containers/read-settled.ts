import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../../model/container.js';
import { openDatabase } from '../../platform/database.js';
import { readBootId } from '../../platform/proc.js';
import { readSchemaVersion } from '../../platform/schema.js';
import type { ContainerFilter } from '../engine.js';
import { STATE_MIGRATIONS } from '../state/migrations.js';
import { createRecordTable } from '../state/record-table.js';
import { readNotedBoot } from './boot.js';
import { matchesFilter, NEWEST_FIRST } from './container-filter.js';
import { type ContainerRecord, parseContainerRecord, toContainer } from './container-record.js';
import { createEnginePaths, type EnginePaths } from './engine-paths.js';
import { isSettled } from './settled.js';

/**
 * What `list` of an engine in that place would answer, where an engine that opens would find nothing to do for any container: what the
 * rows say is then true already. Undefined where it would, and wherever it may have something to say: no state yet, an older or newer
 * schema, a row that cannot be read. Writes nothing and starts nothing; docs/adr/0042.
 */
export function readSettledContainers(
  { root, runRoot }: { readonly root: string; readonly runRoot: string },
  filter: ContainerFilter,
): readonly Container[] | undefined {
  const path = join(root, 'state.db');
  if (!existsSync(path)) return undefined;
  const paths = createEnginePaths(root, runRoot);
  const records = readRecords(path);
  if (records === undefined || !records.every((record) => isNothingToDo(record, paths))) return undefined;
  return records.filter((record) => matchesFilter(record, filter)).map((record) => toContainer(record, paths));
}

function readRecords(path: string): readonly ContainerRecord[] | undefined {
  try {
    const database = openDatabase(path, { isReadOnly: true });
    try {
      if (readSchemaVersion(database) !== STATE_MIGRATIONS.length) return undefined;
      if (readNotedBoot(database) !== readBootId()) return undefined;
      const table = createRecordTable({ database, table: 'containers', parse: parseContainerRecord });
      return table.find(NEWEST_FIRST).map(({ value }) => value);
    } finally {
      database.close();
    }
  } catch {
    // An engine has words for it.
    return undefined;
  }
}

/** The row was read before its journal, and that before its lock: what has happened since then is not missed. */
function isNothingToDo(record: ContainerRecord, paths: EnginePaths): boolean {
  const { state, config, isDue } = record;
  if (state.status === 'exited' && (isDue === true || config.autoRemove === true)) return false;
  const journal = statSync(paths.journal(record.id), { throwIfNoEntry: false });
  return (journal?.size ?? 0) <= record.journalOffset && isSettled(record, paths);
}
