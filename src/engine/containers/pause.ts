import { EngineError } from '../../model/errors.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import { changeKernel } from './kernel-change.js';
import { notRunning } from './kill.js';

type PauseParts = Pick<ContainerParts, 'store' | 'journal' | 'cgroups' | 'owner'>;

/** The kernel first, then the row: a row that says `paused` is true. Throws not-found, conflict. */
export async function pauseContainer(parts: PauseParts, ref: string): Promise<void> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  const { status } = record.state;
  if (status === 'paused') throw new EngineError('conflict', `Container ${id} is already paused`);
  if (status === 'restarting') {
    throw new EngineError('conflict', `Container ${id} is restarting, wait until the container is running`);
  }
  if (status !== 'running') throw notRunning('pause', record);
  const group = parts.cgroups.open(toCgroupName(record));
  await changeKernel(parts, { id }, async (unmark) => {
    await group.freeze();
    const paused = parts.store.change(id, (current) =>
      current.state.status === 'running'
        ? {
            record: { ...unmark(current), state: { ...current.state, status: 'paused' } },
            notices: [{ action: 'pause' }],
          }
        : undefined,
    );
    // It ended, or started anew, while it was being frozen.
    if (paused === undefined && group.exists()) await group.thaw();
  });
}

/** Throws not-found, conflict (not paused). */
export async function unpauseContainer(parts: PauseParts, ref: string): Promise<void> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  if (record.state.status !== 'paused') throw new EngineError('conflict', `Container ${id} is not paused`);
  await changeKernel(parts, { id }, async (unmark) => {
    await parts.cgroups.open(toCgroupName(record)).thaw();
    parts.store.change(id, (current) =>
      current.state.status === 'paused'
        ? {
            record: { ...unmark(current), state: { ...current.state, status: 'running' } },
            notices: [{ action: 'unpause' }],
          }
        : undefined,
    );
  });
}
