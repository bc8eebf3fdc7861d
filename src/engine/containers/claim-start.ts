import { rmSync } from 'node:fs';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { claimOperation, waitForMonitorEnd, waitForNews } from './operations.js';
import { settleContainer } from './settle.js';
import { isAbandoned } from './settled.js';

/**
 * Of any number of starts at once one gets the container; the others wait for how it goes and then get Docker's answer:
 * not-modified, or their own turn where it failed. A start whose engine died is undone first.
 */
export async function claimStart(parts: ContainerParts, ref: string): Promise<ContainerRecord> {
  const { id } = parts.store.resolve(ref);
  for (;;) {
    const record = parts.journal.catchUp(id);
    if (record === undefined) throw new EngineError('not-found', `No such container: ${ref}`);
    refuseState(record);
    // What the monitor of the last run still does at its end would hit the new one.
    if (record.lastInit !== undefined) await waitForMonitorEnd(parts, id);
    const claimed = claim(parts, record);
    if (claimed !== undefined) return claimed;
    await waitForOthers(parts, id);
  }
}

function refuseState({ id, state }: ContainerRecord): void {
  if (isActive(state)) throw new EngineError('not-modified', `container ${id} is already running`);
  if (state.status === 'removing' || state.status === 'dead') {
    throw new EngineError('conflict', 'container is marked for removal and cannot be started');
  }
}

/** The journal of the last run goes in the same transaction, so that no reader takes an old line for a new one. */
function claim(parts: ContainerParts, { id }: ContainerRecord): ContainerRecord | undefined {
  return claimOperation(parts, id, (record) => {
    if (record.state.status !== 'created' && record.state.status !== 'exited') return undefined;
    if (record.lastInit !== undefined) rmSync(parts.paths.journal(id), { force: true });
    const { isDue = false, changes: _, lastPorts: __, lastOpened: ___, ...rest } = record;
    // Docker counts the restarts since somebody started it.
    const restartCount = isDue ? record.restartCount : 0;
    const operation = { kind: 'start' as const, owner: parts.owner };
    return { ...rest, restartCount, journalOffset: 0, isStoppedByUser: false, operation };
  });
}

async function waitForOthers(parts: ContainerParts, id: ContainerRecord['id']): Promise<void> {
  const operation = parts.store.get(id)?.operation;
  if (operation !== undefined && isAbandoned(operation)) await settleContainer(parts, id);
  await waitForNews(parts, () => parts.store.get(id)?.operation === undefined);
}
