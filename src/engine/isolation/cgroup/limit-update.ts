import { EngineError } from '../../../model/errors.js';
import type { Limits, LimitsPatch } from '../../../model/limits.js';
import { KernelFileError, type KernelFiles } from '../../../platform/kernel-file.js';
import type { LimitsPreview } from '../../engine.js';
import type { CheckedLimits } from './driver.js';
import { type KernelWrite, writeOrUndo } from './kernel-writes.js';
import { type LimitsChange, listChanged, patchLimits } from './limit-values.js';
import { type MemoryUse, previewMemoryLimit, tooMuchInUse } from './memory-room.js';

/** What differs between the drivers when limits of a living group change. */
export interface UpdatableGroup {
  readonly files: KernelFiles;
  check(limits: Limits): CheckedLimits;
  plan(change: LimitsChange): readonly KernelWrite[];
  readLimits(asked: Limits): Limits;
  /** Undefined without a memory controller. */
  readMemoryUse(): MemoryUse | undefined;
  /** Makes the memory above `limitBytes` go before the limit is written. Rejects: conflict. */
  makeRoom(limitBytes: number): Promise<void>;
}

export function previewGroupUpdate(group: UpdatableGroup, before: Limits, patch: LimitsPatch): LimitsPreview {
  try {
    const { limits } = group.check(patchLimits(before, patch));
    return patch.memoryBytes == null
      ? { outcome: 'ok', message: '' }
      : previewMemoryLimit(limits.memoryBytes, group.readMemoryUse());
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'refused', message: error.message };
    throw error;
  }
}

export async function updateGroup(group: UpdatableGroup, before: Limits, patch: LimitsPatch): Promise<CheckedLimits> {
  const { limits, warnings } = group.check(patchLimits(before, patch));
  const change = { before, after: limits, changed: listChanged(before, limits, patch) };
  const writes = group.plan(change);
  if (change.changed.has('memoryBytes') && limits.memoryBytes !== undefined) await group.makeRoom(limits.memoryBytes);
  try {
    await writeOrUndo(group.files, writes);
  } catch (error) {
    throw explainRefusal(error, limits, group.readMemoryUse());
  }
  return { limits: group.readLimits(limits), warnings };
}

/** A refused write as what crosses the Engine interface. */
export function explainRefusal(error: unknown, limits: Limits, use?: MemoryUse): unknown {
  if (!(error instanceof KernelFileError)) return error;
  if (
    error.code === 'EBUSY' &&
    limits.memoryBytes !== undefined &&
    use !== undefined &&
    /\/memory\./.test(error.path)
  ) {
    return tooMuchInUse(limits.memoryBytes, use, error);
  }
  const isPermission = ['EACCES', 'EPERM', 'EROFS'].includes(error.code);
  return new EngineError(isPermission ? 'permission-denied' : 'internal', error.message, { cause: error });
}
