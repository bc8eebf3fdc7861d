import type { Exec, ProcessIdentity } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId, ExecId } from '../../model/ids.js';
import type { Database } from '../../platform/database.js';
import { createRecordTable, fieldOf } from '../state/record-table.js';

/** An exec as the state database holds it. */
export interface ExecRecord extends Exec {
  /** Who is starting it: while the state has no pid, and that process lives, its monitor is still to come. */
  readonly starter?: ProcessIdentity;
}

/** The rows of execs. They go with their container; of those that have ended, the last of each container are kept. */
export interface ExecStore {
  /** Throws not-found. */
  get(id: ExecId): ExecRecord;
  find(id: ExecId): ExecRecord | undefined;
  /** Those that can be read. */
  ofContainer(id: ContainerId): readonly ExecRecord[];
  /** All of them. */
  idsOfContainer(id: ContainerId): readonly ExecId[];
  /** Those that can be read. */
  listRunning(): readonly ExecRecord[];
  /** Of all execs and all containers. */
  listIds(): readonly string[];
  insert(exec: ExecRecord): void;
  /** Compare-and-set: undefined from `decide`, or an exec that has gone, changes nothing and gives undefined. */
  change(id: ExecId, decide: (exec: ExecRecord) => ExecRecord | undefined): ExecRecord | undefined;
}

/** Execs that have ended, of one container, that can still be inspected. */
const KEPT_EXECS = 32;

export function createExecStore(database: Database): ExecStore {
  const table = createRecordTable<ExecRecord>({
    database,
    table: 'execs',
    parse: parseExec,
    columns: ({ containerId }) => ({ container_id: containerId }),
  });
  const find = (id: ExecId): ExecRecord | undefined => table.get(id)?.value;
  const ofContainer = (id: ContainerId): readonly ExecRecord[] =>
    table.findReadable('container_id = ? ORDER BY rowid', id).map(({ value }) => value);
  return {
    get: (id) => {
      const exec = find(id);
      if (exec === undefined) throw new EngineError('not-found', `No such exec instance: ${id}`);
      return exec;
    },
    find,
    ofContainer,
    idsOfContainer: (id) =>
      database.all('SELECT id FROM execs WHERE container_id = ?', id).map((row) => row['id'] as ExecId),
    listRunning: () => table.findReadable(`${fieldOf('$.state.status')} = 'running'`).map(({ value }) => value),
    listIds: () => database.all('SELECT id FROM execs UNION SELECT id FROM containers').map(({ id }) => String(id)),
    insert: (exec) =>
      database.transaction(() => {
        const ended = ofContainer(exec.containerId).filter(({ state }) => state.status === 'exited');
        for (const { id } of ended.slice(0, Math.max(ended.length - KEPT_EXECS, 0))) table.remove(id);
        if (!table.insert(exec.id, exec)) throw new EngineError('not-found', `No such container: ${exec.containerId}`);
      }),
    change: (id, decide) => table.update(id, decide)?.value,
  };
}

/** Written by this program alone, under the schema version that it knows; so the shape is not checked field by field. */
export function parseExec(document: unknown): ExecRecord {
  if (typeof document !== 'object' || document === null || !('containerId' in document)) {
    throw new Error('the state database holds an exec without a container');
  }
  if (!('id' in document && 'state' in document)) throw new Error('the state database holds an exec without a state');
  return document as ExecRecord;
}
