import { isActive } from '../../model/container-state.js';
import type { ContainerId } from '../../model/ids.js';
import type { Database } from '../../platform/database.js';
import { endUnseen } from './apply-journal.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import type { ContainerChange } from './container-store.js';

/** What Docker gives a container whose end nobody has seen because the host went down. */
const UNKNOWN_EXIT_CODE = 255;
const SETTING = 'boot';

/**
 * The first engine that opens after the host has come up ends what the host took down, and marks what is to run again: Docker
 * does so when its daemon starts. All in one transaction with the boot's id, so that it is done once for each boot. Returns the
 * containers that it ended.
 */
export function noteBoot(parts: ContainerParts): readonly ContainerRecord[] {
  const { bootId, database, store, journal } = parts;
  if (bootId === undefined || readNotedBoot(database) === bootId) return [];
  return database.transaction(() => {
    const before = readNotedBoot(database);
    if (before === bootId) return [];
    database.run('INSERT OR REPLACE INTO settings (id, value) VALUES (?, ?)', SETTING, bootId);
    // The root's first engine: nothing can have run before.
    if (before === undefined) return [];
    const ended: ContainerRecord[] = [];
    for (const { id } of store.listReadable()) {
      const record = journal.catchUp(id);
      if (record !== undefined && isActive(record.state)) ended.push(record);
      store.change(id, (current) => applyBoot(current, parts.clock.nowMs()));
    }
    return ended;
  });
}

/** The containers that wait to be started, those last that join the namespace of another. */
export function listDue({ store }: ContainerParts): readonly ContainerId[] {
  const due = store.listDue();
  const joins = ({ config }: ContainerRecord): boolean =>
    Object.values(config.namespaces ?? {}).some((mode) => mode?.startsWith('container:'));
  return [...due.filter((record) => !joins(record)), ...due.filter(joins)].map(({ id }) => id);
}

/** The boot in which an engine opened last; undefined before the first. */
export function readNotedBoot(database: Database): unknown {
  return database.get('SELECT value FROM settings WHERE id = ?', SETTING)?.['value'];
}

/** Undefined for what the boot does not change. */
function applyBoot(record: ContainerRecord, atMs: number): ContainerChange | undefined {
  const ended = isActive(record.state)
    ? endUnseen(record, { exitCode: UNKNOWN_EXIT_CODE, error: 'the host went down', atMs })
    : undefined;
  const after = ended?.record ?? record;
  if (!isWanted(after)) return ended;
  return { ...ended, record: { ...after, isDue: true, restartCount: 0 } };
}

/** `always` forgets that a user has stopped it; `on-failure` is about the program's own end. */
function isWanted({ state, config, isStoppedByUser }: ContainerRecord): boolean {
  const policy = config.restartPolicy?.name;
  return state.status === 'exited' && (policy === 'always' || (policy === 'unless-stopped' && !isStoppedByUser));
}
