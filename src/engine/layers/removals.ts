import type { Logger } from '../../platform/logger.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { createRemovalQueue, type RemovalQueue } from './removal-queue.js';
import { removeFlat } from './remove-flat.js';
import { removePath } from './remove-role.js';

/** Deletes what was removed of a state root: what has many files by a process. */
export function createRemovals(spawner: ProcessSpawner, logger: Logger): RemovalQueue {
  return createRemovalQueue(
    async (paths) => await removePath(spawner, ...(await removeFlat(paths))),
    (error) => logger.warn('cannot delete what was removed', error),
  );
}
