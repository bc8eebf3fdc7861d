import type { DiskUsage } from '../../model/disk-usage.js';
import type { ContainerId, ExecId } from '../../model/ids.js';
import { isProcessAlive } from '../../platform/proc.js';
import type { Engine } from '../engine.js';
import { createAttachDesk } from './attach-desk.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { catchUpExec, settleExecs } from './exec-journal.js';
import { createExecStore } from './exec-store.js';
import { createJournal } from './journal.js';
import { type DiskParts, measureDisk } from './measure-disk.js';
import { reconcile } from './reconcile.js';
import { removeEnded } from './remove.js';
import { createMonitorWatch } from './watch-monitors.js';

/** The containers of an engine that is open. */
export interface OpenContainers {
  readonly parts: ContainerParts;
  /** Of all rooms; while somebody follows them, monitors that are killed are noticed. */
  readonly events: Engine['events'];
  measureDisk(of: DiskParts): Promise<DiskUsage>;
  /** Stops looking at journals, and waits for removals under way. */
  close(): Promise<void>;
}

/**
 * Puts the room together and makes the state true: journals are watched before they are read, so that nothing falls between.
 */
export async function openContainers(
  given: Omit<ContainerParts, 'journal' | 'execs' | 'desk' | 'watchMonitor'>,
): Promise<OpenContainers> {
  const removals = new Set<Promise<void>>();
  const execs = createExecStore(given.database);
  const onExit = (record: ContainerRecord): void => {
    if (!isRemovedAtExit(record)) return;
    const removal = removeEnded(parts, record.id)
      // It is tried again at the next open.
      .catch((error: unknown) => parts.logger.warn(`cannot remove container ${record.name} after its exit`, error))
      .finally(() => removals.delete(removal));
    removals.add(removal);
  };
  const onOther = (id: string): void => void catchUpExec(parts, id as ExecId);
  const journal = createJournal({ ...given, onExit, onOther });
  const watchMonitor: ContainerParts['watchMonitor'] = (id, user) => monitors.watch(id, user);
  const parts: ContainerParts = { ...given, execs, journal, desk: createAttachDesk(), watchMonitor };
  const monitors = createMonitorWatch({ parts, onExit });
  const stopWatching = journal.watch();
  try {
    settleExecs(parts);
    await reconcile(parts);
  } catch (error) {
    stopWatching();
    throw error;
  }
  return {
    parts,
    events: monitors.events,
    measureDisk: (of) => measureDisk(parts, of),
    close: async () => {
      stopWatching();
      await monitors.close();
      await Promise.all(removals);
    },
  };
}

/** A restart ends it too, and that is no end. */
function isRemovedAtExit({ config, keptBy }: ContainerRecord): boolean {
  return config.autoRemove === true && (keptBy === undefined || !isProcessAlive(keptBy));
}

/** The containers that have the volume, running or not; one that is being removed no longer counts. */
export function listVolumeUsers(store: Pick<ContainerParts['store'], 'list'>, volume: string): readonly ContainerId[] {
  return store
    .list({ all: true })
    .filter(({ state, mounts }) => {
      const hasVolume = mounts.some((mount) => mount.type === 'volume' && mount.name === volume);
      return hasVolume && state.status !== 'removing';
    })
    .map(({ id }) => id);
}
