import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { finishRemoval } from './finish-removal.js';
import { killAndWait } from './kill.js';
import { claimOperation, waitForNews } from './operations.js';
import { isAbandoned } from './settled.js';

export interface RemoveOptions {
  readonly force?: boolean;
  /** The anonymous volumes too. */
  readonly volumes?: boolean;
}

/**
 * Nothing of the container is left when this resolves. The row is marked first and goes last: a process that dies in
 * between leaves a row that says what is to be finished. Throws not-found, conflict (runs, and not `force`).
 */
export async function removeContainer(parts: ContainerParts, ref: string, options: RemoveOptions = {}): Promise<void> {
  const { id } = parts.store.resolve(ref);
  for (;;) {
    const record = parts.journal.catchUp(id);
    if (record === undefined) throw new EngineError('not-found', `No such container: ${ref}`);
    if (isActive(record.state)) {
      refuseUnlessForced(record, options);
      await killAndWait(parts, record);
      continue;
    }
    const claimed = claimRemoval(parts, record, options);
    if (claimed !== undefined) return finishRemoval(parts, claimed);
    refuseSecondRemoval(record);
    await waitForNews(parts, () => parts.store.get(id)?.operation === undefined);
  }
}

/** The same for one that goes with its end. Another engine that has seen that end may be faster. */
export async function removeEnded(parts: ContainerParts, id: ContainerId): Promise<void> {
  try {
    await removeContainer(parts, id, { volumes: true });
  } catch (error) {
    if (!(error instanceof EngineError) || (error.kind !== 'not-found' && error.kind !== 'conflict')) throw error;
  }
}

function refuseUnlessForced({ name, state }: ContainerRecord, { force }: RemoveOptions): void {
  if (force === true) return;
  const advice = state.status === 'paused' ? 'unpause and then stop the container' : 'stop the container';
  throw new EngineError(
    'conflict',
    `cannot remove container "/${name}": container is ${state.status}: ${advice} before removing or force remove`,
  );
}

function refuseSecondRemoval({ id, operation }: ContainerRecord): void {
  if (operation?.kind !== 'remove' || isAbandoned(operation)) return;
  throw new EngineError('conflict', `removal of container ${id} is already in progress`);
}

function claimRemoval(
  { store, owner }: ContainerParts,
  { id }: ContainerRecord,
  { volumes = false }: RemoveOptions,
): ContainerRecord | undefined {
  return claimOperation({ store }, id, (record) => {
    // It was started meanwhile: the caller looks again.
    if (isActive(record.state)) return undefined;
    return { ...record, state: { status: 'removing' }, operation: { kind: 'remove', owner, volumes } };
  });
}
