import { isActive } from '../../model/container-state.js';
import type { ContainerId } from '../../model/ids.js';
import type { LimitsPatch } from '../../model/limits.js';
import { toLimitAttributes } from '../../model/limits-change.js';
import { isProcessAlive } from '../../platform/proc.js';
import { patchLimits } from '../isolation/cgroup/limit-values.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord, KernelChange } from './container-record.js';
import type { ContainerChange } from './container-store.js';
import type { ContainerNotice } from './tell-notice.js';

export type ChangeParts = Pick<ContainerParts, 'store' | 'owner' | 'cgroups'>;

/** Ends the mark, in the transaction that says what the kernel has now. */
export type Unmark = (record: ContainerRecord) => ContainerRecord;

/**
 * `act` changes the kernel and then the row. The row is marked meanwhile, so that the next engine knows where to look when this
 * one dies in between; where `act` fails, or does not end the mark, the kernel is looked at here.
 */
export async function changeKernel<T>(
  parts: ChangeParts,
  { id, limits }: { readonly id: ContainerId; readonly limits?: LimitsPatch },
  act: (unmark: Unmark) => Promise<T>,
): Promise<T> {
  const own: KernelChange = { owner: parts.owner, ...(limits && { limits }) };
  parts.store.change(id, (current) => ({ record: { ...current, changes: [...(current.changes ?? []), own] } }));
  try {
    return await act((record) => withoutChange(record, own));
  } finally {
    const left = parts.store.get(id);
    if (left !== undefined && has(left, own)) {
      parts.store.change(id, (current) => adopt(parts, withoutChange(current, own), [own]));
    }
  }
}

/** What an engine that has died had begun. Undefined where there is no such thing. */
export function adoptChanges(parts: ChangeParts, { id, changes = [] }: ContainerRecord): ContainerRecord | undefined {
  if (!changes.some(({ owner }) => !isProcessAlive(owner))) return undefined;
  return parts.store.change(id, (current) => {
    const { changes: all = [], ...rest } = current;
    const dead = all.filter(({ owner }) => !isProcessAlive(owner));
    const others = all.filter((change) => !dead.includes(change));
    return adopt(parts, others.length === 0 ? rest : { ...rest, changes: others }, dead);
  });
}

/** The row as the kernel has it: the limits of those changes, and whether it stands still. */
function adopt({ cgroups }: ChangeParts, record: ContainerRecord, changes: readonly KernelChange[]): ContainerChange {
  const group = cgroups.open(toCgroupName(record));
  if (!isActive(record.state) || !group.exists()) return { record };
  const notices: ContainerNotice[] = [];
  let { state, limits } = record;
  const patches = changes.flatMap((change) => change.limits ?? []);
  if (patches.length > 0) {
    limits = group.readLimits(patches.reduce(patchLimits, limits));
    const attributes = toLimitAttributes(record.limits, limits);
    if (Object.keys(attributes).length > 0) notices.push({ action: 'update', attributes });
  }
  const isFrozen = group.isFrozen();
  if (state.status === 'running' && isFrozen) {
    state = { ...state, status: 'paused' };
    notices.push({ action: 'pause' });
  } else if (state.status === 'paused' && !isFrozen) {
    state = { ...state, status: 'running' };
    notices.push({ action: 'unpause' });
  }
  return { record: { ...record, state, limits }, notices };
}

/** Those of one process are alike: which of them goes does not matter. */
function has({ changes = [] }: ContainerRecord, own: KernelChange): boolean {
  return changes.some((change) => isSame(change, own));
}

function withoutChange(record: ContainerRecord, own: KernelChange): ContainerRecord {
  const { changes = [], ...rest } = record;
  const at = changes.findIndex((change) => isSame(change, own));
  const others = changes.filter((_, index) => index !== at);
  return others.length === 0 ? rest : { ...rest, changes: others };
}

function isSame(one: KernelChange, other: KernelChange): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
