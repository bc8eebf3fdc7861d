import { rmSync } from 'node:fs';
import { isActive } from '../../model/container-state.js';
import { isLocked } from '../../platform/file-lock.js';
import { endUnseen } from './apply-journal.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { finishRemoval } from './finish-removal.js';
import { waitForMonitorEnd, withoutOperation } from './operations.js';
import { isAbandoned, isSettled } from './settled.js';

/** Ended by SIGKILL: a container's first process dies with its monitor. */
const KILLED_EXIT_CODE = 137;

/**
 * Makes the row of one container true again: finishes or undoes what a dead engine had begun, and ends what a dead monitor
 * has left. Does nothing where all is well. Any number of engines may do this at once: each step is a compare-and-set or
 * can be done twice. `seen` is what was read just before.
 */
export async function settleContainer(
  parts: ContainerParts,
  id: ContainerRecord['id'],
  seen?: ContainerRecord,
): Promise<void> {
  const record = parts.journal.catchUp(id, seen);
  if (record === undefined || isSettled(record, parts.paths)) return;
  const { operation } = record;
  if (operation?.kind === 'start' && isAbandoned(operation)) await undoStart(parts, record);
  else if (!isActive(record.state) || (operation !== undefined && isAbandoned(operation))) {
    await finishRemoval(parts, record);
  } else if (operation !== undefined || isLocked(parts.paths.lock(id))) await finishChanges(parts, record);
  else if (isUnchanged(parts, record)) await endOrphan(parts, record);
}

/** What the kernel has counts. The monitor does not tell which policy it follows: it is told again which one it is. */
async function finishChanges(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  const { adoptChanges } = await import('./kernel-change.js');
  const adopted = adoptChanges(parts, record);
  if (adopted === undefined) return;
  const { connectMonitor } = await import('../isolation/monitor-client.js');
  const monitor = await connectMonitor(parts.paths.socket(record.id), {});
  try {
    await monitor.setRestartPolicy(adopted.config.restartPolicy ?? { name: 'no' });
  } finally {
    monitor.close();
  }
}

/** The monitor may be on its way even though its engine is dead: then its journal decides, else nothing of it stays. */
async function undoStart(parts: ContainerParts, { id }: ContainerRecord): Promise<void> {
  const isUndecided = (): boolean => parts.journal.catchUp(id)?.operation?.kind === 'start';
  await waitForMonitorEnd(parts, id, isUndecided);
  const record = parts.journal.catchUp(id);
  if (record === undefined || record.operation?.kind !== 'start') return;
  await clearRun(parts, record);
  parts.store.change(id, (current) =>
    current.operation?.kind === 'start' && isAbandoned(current.operation)
      ? { record: withoutOperation(current) }
      : undefined,
  );
}

/**
 * A look at the lock that is older than the row says nothing: the monitor may have come since. And a monitor that has gone
 * since the row was read has written its last line before its lock was free. So: the row, the lock, and here the row again.
 */
function isUnchanged({ journal }: ContainerParts, record: ContainerRecord): boolean {
  const after = journal.catchUp(record.id);
  return (
    after !== undefined &&
    isActive(after.state) &&
    after.operation === undefined &&
    after.journalOffset === record.journalOffset
  );
}

/** Nobody supervises it any more: what is left of it is killed, it has ended, and its policy says whether it runs again. */
async function endOrphan(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  await clearRun(parts, record);
  parts.store.change(record.id, (current) => {
    if (!isActive(current.state) || current.journalOffset !== record.journalOffset) return undefined;
    const atMs = parts.clock.nowMs();
    const ended = endUnseen(current, {
      exitCode: KILLED_EXIT_CODE,
      error: 'the monitor of the container was killed',
      atMs,
    });
    if (!isRestarted(current)) return ended;
    return { ...ended, record: { ...ended.record, isDue: true, restartCount: current.restartCount + 1 } };
  });
}

/** What the monitor would have done after such an exit. */
function isRestarted({ config, isStoppedByUser, restartCount }: ContainerRecord): boolean {
  const policy = config.restartPolicy ?? { name: 'no' };
  if (isStoppedByUser || policy.name === 'no') return false;
  return policy.name !== 'on-failure' || !policy.maxRetries || restartCount < policy.maxRetries;
}

/** What a monitor removes at its end, done in its place. */
export async function clearRun(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  await parts.cgroups.open(toCgroupName(record)).remove();
  if (record.networks.length > 0) await (await import('./clear-networks.js')).clearNetworks(parts, record);
  rmSync(parts.paths.socket(record.id), { force: true });
}
