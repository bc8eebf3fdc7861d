import type { RestartPolicy } from '../../model/container-config.js';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { LimitsPatch } from '../../model/limits.js';
import { toLimitAttributes } from '../../model/limits-change.js';
import type { ContainerUpdate, LimitsPreview, UpdatedContainer } from '../engine.js';
import type { CheckedLimits } from '../isolation/cgroup/driver.js';
import { patchLimits } from '../isolation/cgroup/limit-values.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerRecord } from './container-record.js';
import type { Journal } from './journal.js';
import { type ChangeParts, changeKernel, type Unmark } from './kernel-change.js';

export interface UpdateParts extends ChangeParts {
  readonly journal: Pick<Journal, 'catchUp'>;
  /** Tells the monitor of a container that is active. */
  readonly setRestartPolicy: (record: ContainerRecord, policy: RestartPolicy) => Promise<void>;
  /** Makes the next reading of its stats show the limits in force. */
  readonly refreshStats: (id: ContainerId) => void;
}

/**
 * The kernel first, then the row: what the row says of limits is what the kernel was read to hold. Throws not-found,
 * invalid-argument, conflict (more memory in use; being removed or started).
 */
export async function updateContainer(
  parts: UpdateParts,
  ref: string,
  { limits: patch = {}, restartPolicy }: ContainerUpdate,
): Promise<UpdatedContainer> {
  const record = resolveUpdatable(parts, ref);
  if (restartPolicy !== undefined) checkRestartPolicy(record, restartPolicy);
  const act = (unmark: Unmark) => changeAll(parts, record, { patch, restartPolicy, unmark });
  const isLive = isActive(record.state);
  const updated = isLive ? await changeKernel(parts, { id: record.id, limits: patch }, act) : await act((same) => same);
  parts.refreshStats(record.id);
  return updated;
}

interface Change {
  readonly patch: LimitsPatch;
  readonly restartPolicy: RestartPolicy | undefined;
  readonly unmark: Unmark;
}

async function changeAll(
  parts: UpdateParts,
  record: ContainerRecord,
  { patch, restartPolicy, unmark }: Change,
): Promise<UpdatedContainer> {
  const checked = await changeLimits(parts, record, patch);
  // Asked before the row is written, so that a policy in the row is the one that the monitor follows.
  if (restartPolicy !== undefined && isActive(record.state)) await parts.setRestartPolicy(record, restartPolicy);
  const written = parts.store.change(record.id, (current) => {
    const limits = readInForce(parts, current, patch);
    if (limits === undefined) return undefined;
    const config = restartPolicy === undefined ? current.config : { ...current.config, restartPolicy };
    const attributes = toLimitAttributes(current.limits, limits);
    return { record: { ...unmark(current), config, limits }, notices: [{ action: 'update', attributes }] };
  });
  if (written === undefined) throw busy(record);
  return { limits: written.limits, warnings: checked.warnings };
}

/** Changes nothing. Throws not-found. */
export function previewContainerUpdate(
  { store, cgroups }: Pick<ChangeParts, 'store' | 'cgroups'>,
  ref: string,
  patch: LimitsPatch,
): LimitsPreview {
  const record = store.resolve(ref);
  return cgroups.open(toCgroupName(record)).preview(record.limits, patch);
}

function resolveUpdatable({ store, journal }: UpdateParts, ref: string): ContainerRecord {
  const { id } = store.resolve(ref);
  const record = journal.catchUp(id) ?? store.resolve(ref);
  const { status } = record.state;
  if (status !== 'removing' && status !== 'dead') return record;
  throw new EngineError(
    'conflict',
    `Cannot update container ${id}: Container is marked for removal and cannot be "update".`,
  );
}

function checkRestartPolicy({ config, id }: ContainerRecord, { name }: RestartPolicy): void {
  if (config.autoRemove !== true || name === 'no') return;
  throw new EngineError(
    'invalid-argument',
    `Cannot update container ${id}: Restart policy cannot be updated because AutoRemove is enabled for the container`,
  );
}

function changeLimits(
  { cgroups }: UpdateParts,
  record: ContainerRecord,
  patch: LimitsPatch,
): CheckedLimits | Promise<CheckedLimits> {
  const group = cgroups.open(toCgroupName(record));
  return isActive(record.state) && group.exists()
    ? group.update(record.limits, patch)
    : cgroups.check(patchLimits(record.limits, patch));
}

/**
 * Read again in the transaction of the row: of two updates at once the later row holds what both have written. Undefined
 * while an engine makes the group from the row as it was.
 */
function readInForce(
  { cgroups }: UpdateParts,
  current: ContainerRecord,
  patch: LimitsPatch,
): ContainerRecord['limits'] | undefined {
  const wanted = patchLimits(current.limits, patch);
  const group = cgroups.open(toCgroupName(current));
  if (isActive(current.state) && group.exists()) return group.readLimits(wanted);
  return current.operation === undefined ? cgroups.check(wanted).limits : undefined;
}

function busy({ id, operation }: ContainerRecord): EngineError {
  return new EngineError(
    'conflict',
    `Cannot update container ${id}: another ${operation?.kind ?? 'change'} is under way`,
  );
}
