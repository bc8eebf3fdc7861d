import { isActive } from '../../model/container-state.js';
import { isLocked } from '../../platform/file-lock.js';
import { isProcessAlive } from '../../platform/proc.js';
import type { ContainerOperation, ContainerRecord } from './container-record.js';
import type { EnginePaths } from './engine-paths.js';

/**
 * True where nobody has left the container in the middle of anything: there is nothing that settleContainer would do. Its journal has
 * been looked at before.
 */
export function isSettled({ id, operation, state, changes }: ContainerRecord, paths: EnginePaths): boolean {
  if (operation !== undefined && isAbandoned(operation)) return false;
  if (isActive(state)) return changes === undefined && (operation !== undefined || isLocked(paths.lock(id)));
  return state.status !== 'removing' || operation !== undefined;
}

/** True where the process that began it has died: whoever finds that finishes or undoes it. */
export function isAbandoned(operation: ContainerOperation): boolean {
  return !isProcessAlive(operation.owner);
}
