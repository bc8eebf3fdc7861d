import { posix } from 'node:path';
import { EngineError } from '../../../model/errors.js';
import type { Limits } from '../../../model/limits.js';
import { KernelFileError } from '../../../platform/kernel-file.js';
import type { Cgroup, CgroupDriver, CgroupName, CgroupPaths, CheckedLimits } from './driver.js';
import { type DriverContext, selectDeviceProgram } from './driver-context.js';
import {
  type GroupPlace,
  listIds,
  listProcesses,
  lookAbove,
  makeGroupFolders,
  removeEmptyFolder,
  toGroupPath,
} from './group-folders.js';
import {
  freezeGroup,
  isGroupFrozen,
  killGroup,
  type ProcessFolders,
  removeGroup,
  thawGroup,
} from './group-processes.js';
import { areScheduledByBfq } from './io-scheduler.js';
import { writeAll } from './kernel-writes.js';
import { explainRefusal, previewGroupUpdate, type UpdatableGroup, updateGroup } from './limit-update.js';
import { dropFields, validateLimits } from './limit-validation.js';
import { completeLimits } from './limit-values.js';
import { type MemoryUse, tooMuchInUse } from './memory-room.js';
import { numberAfter } from './stats-sources.js';
import { planV2Writes, readV2Limits, V2_WEIGHT_FILES, type V2Group } from './v2-limits.js';
import { openV2Stats } from './v2-stats.js';
import { waitUntil } from './wait-until.js';

const WANTED_CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'pids'];

/** Limits on v2. Kernel: admin-guide/cgroup-v2.rst. */
export function makeV2Driver(context: DriverContext): CgroupDriver {
  const check = (limits: Limits) => checkV2(context, limits);
  return {
    version: 2,
    deviceControl: selectDeviceProgram(context),
    check,
    create(name, { limits }) {
      const group = toV2Group(context, name);
      const { files } = context;
      let isMade = false;
      try {
        makeGroupFolders(files, toPlace(context, toGroupPath(name, context.parent)));
        isMade = true;
        const changed = new Set(Object.keys(limits) as (keyof Limits)[]);
        writeAll(files, planV2Writes(group, { before: {}, after: limits, changed }));
      } catch (error) {
        if (isMade) files.removeDirectory(group.folder);
        throw explainRefusal(error, limits);
      }
      return makeV2Cgroup(context, group, check);
    },
    open: (name) => makeV2Cgroup(context, toV2Group(context, name), check),
    list: () => listIds(context.files, parentOf(context)),
    removeParent: () => removeEmptyFolder(context.files, parentOf(context)),
  };
}

function baseOf({ layout }: DriverContext): string {
  if (layout.unified === undefined) throw new EngineError('unavailable', 'no cgroup2 file system is mounted');
  return layout.unified.base;
}

/** The engine's own folder. */
function parentOf(context: DriverContext): string {
  return posix.join(baseOf(context), context.parent);
}

function toV2Group(context: DriverContext, name: CgroupName): V2Group {
  const folder = posix.join(baseOf(context), toGroupPath(name, context.parent));
  return { files: context.files, folder, toMajorMinor: context.toMajorMinor };
}

/** A controller is there in a group only if every group above hands it down. */
function toPlace(context: DriverContext, path: string): GroupPlace {
  const base = baseOf(context);
  enableControllers(context, base);
  return { base, path, onLevel: (folder) => enableControllers(context, folder) };
}

function enableControllers({ files }: DriverContext, folder: string): void {
  const path = `${folder}/cgroup.subtree_control`;
  const words = (text: string) => text.split(' ').filter(Boolean);
  const enabled = words(files.read(path));
  const available = words(files.read(`${folder}/cgroup.controllers`));
  const missing = WANTED_CONTROLLERS.filter((name) => available.includes(name) && !enabled.includes(name));
  if (missing.length === 0) return;
  try {
    files.write(path, missing.map((name) => `+${name}`).join(' '));
  } catch (error) {
    if (error instanceof KernelFileError && error.code === 'EBUSY') {
      const message = `cannot hand controllers down from ${folder}: it has processes of its own; run the engine in a group below`;
      throw new EngineError('unavailable', message, { cause: error });
    }
    throw error;
  }
}

function makeV2Cgroup(context: DriverContext, group: V2Group, check: CgroupDriver['check']): Cgroup {
  const { files } = context;
  const { folder } = group;
  const processes: ProcessFolders = { files, members: folder, unified: folder };
  const updatable: UpdatableGroup = {
    files,
    check,
    plan: (change) => planV2Writes(group, change),
    readLimits: (asked) => readV2Limits(group, asked),
    readMemoryUse: () => readV2MemoryUse(context, group),
    makeRoom: (limitBytes) => makeRoom(context, group, limitBytes),
  };
  return {
    paths: toPaths(context, folder),
    exists: () => files.exists(folder),
    processes: () => listProcesses(files, folder),
    readLimits: (asked) => readV2Limits(group, asked),
    preview: (before, patch) => previewGroupUpdate(updatable, before, patch),
    update: (before, patch) => updateGroup(updatable, before, patch),
    openStats: (pid) => openV2Stats(group, pid),
    freeze: () => freezeGroup(processes),
    thaw: () => Promise.resolve(thawGroup(processes)),
    isFrozen: () => isGroupFrozen(processes),
    kill: () => killGroup(processes),
    remove: () => removeGroup(processes, [folder]),
  };
}

function toPaths({ layout }: DriverContext, folder: string): CgroupPaths {
  const hasMemory = layout.unified?.controllers.includes('memory') === true;
  return { v1: [], v2: folder, ...(hasMemory && { oom: { version: 'v2', directory: folder } }), remove: [folder] };
}

function readV2MemoryUse(context: DriverContext, { files, folder }: V2Group): MemoryUse | undefined {
  const current = files.readIfThere(`${folder}/memory.current`);
  if (current === undefined) return undefined;
  const stat = files.read(`${folder}/memory.stat`);
  const cache = numberAfter(stat, 'inactive_file ') + numberAfter(stat, 'active_file ');
  const reclaimable = cache + numberAfter(stat, 'slab_reclaimable ');
  const swappable = Math.min(numberAfter(stat, 'anon '), context.readSwapFreeBytes());
  const currentBytes = Number(current);
  return { currentBytes, unreclaimableBytes: Math.max(0, currentBytes - reclaimable - swappable) };
}

const RECLAIM_ROUNDS = 8;
const RECLAIM_LIMIT_MS = 5000;

/**
 * memory.max below what is in use makes the kernel kill processes instead of refusing. So what can go is made to go
 * first, and a limit that is still below what is left is refused as v1 does.
 */
async function makeRoom(context: DriverContext, group: V2Group, limitBytes: number): Promise<void> {
  const use = readV2MemoryUse(context, group);
  if (use === undefined || use.currentBytes <= limitBytes) return;
  if (use.unreclaimableBytes > limitBytes) throw tooMuchInUse(limitBytes, use);
  if (context.files.exists(`${group.folder}/memory.reclaim`)) await reclaim(group, limitBytes);
  else await squeeze(group, limitBytes);
  const left = readV2MemoryUse(context, group);
  if (left !== undefined && left.currentBytes > limitBytes) throw tooMuchInUse(limitBytes, left);
}

/** memory.reclaim exists since Linux 5.19; EAGAIN is "less than you asked for". */
async function reclaim({ files, folder }: V2Group, limitBytes: number): Promise<void> {
  for (let round = 0; round < RECLAIM_ROUNDS; round++) {
    const surplus = Number(files.read(`${folder}/memory.current`)) - limitBytes;
    if (surplus <= 0) return;
    try {
      await files.writeInBackground(`${folder}/memory.reclaim`, String(surplus));
    } catch (error) {
      if (!(error instanceof KernelFileError) || error.code !== 'EAGAIN') throw error;
    }
  }
}

/** Before memory.reclaim: a low memory.high makes the kernel reclaim, and throttles instead of killing. */
async function squeeze({ files, folder }: V2Group, limitBytes: number): Promise<void> {
  const path = `${folder}/memory.high`;
  const old = files.read(path);
  try {
    await files.writeInBackground(path, String(limitBytes));
    const check = () => Number(files.read(`${folder}/memory.current`)) <= limitBytes;
    await waitUntil({ files, check, timeoutMs: RECLAIM_LIMIT_MS });
  } finally {
    files.write(path, old);
  }
}

const FIELDS_OF_CONTROLLER = {
  memory: ['memoryBytes', 'memorySwapBytes', 'memoryReservationBytes'],
  cpu: ['nanoCpus', 'cpuPeriodUs', 'cpuQuotaUs', 'cpuShares'],
  cpuset: ['cpusetCpus', 'cpusetMems'],
  pids: ['pidsMax'],
  io: ['blkioWeight', 'blkioWeightDevices', 'deviceReadBps', 'deviceWriteBps', 'deviceReadIops', 'deviceWriteIops'],
} as const satisfies Record<string, readonly (keyof Limits)[]>;

function checkV2(context: DriverContext, asked: Limits): CheckedLimits {
  const { files, layout } = context;
  const base = baseOf(context);
  const limits = completeLimits(asked);
  validateLimits(limits, {
    cpus: context.cpus,
    cpusetCpus: files.readIfThere(`${base}/cpuset.cpus.effective`) ?? '',
    cpusetMems: files.readIfThere(`${base}/cpuset.mems.effective`) ?? '',
    hasRealTime: false,
  });
  const dropped = new Map<keyof Limits, string>([
    ['memorySwappiness', 'cgroup v2 has no swappiness'],
    ['oomKillDisable', 'cgroup v2 cannot disable the OOM killer'],
  ]);
  for (const [controller, fields] of Object.entries(FIELDS_OF_CONTROLLER)) {
    if (layout.unified?.controllers.includes(controller)) continue;
    for (const field of fields) dropped.set(field, `the cgroup controller ${controller} is not available`);
  }
  // Only groups below the root have these files.
  const { hasSwap, hasWeight, hasCost } = lookAbove(files, toPlace(context, `${context.parent}/any`), (folder) => ({
    hasSwap: files.exists(`${folder}/memory.swap.max`),
    hasCost: files.exists(`${folder}/io.weight`),
    hasWeight: V2_WEIGHT_FILES.some((file) => files.exists(`${folder}/${file}`)),
  }));
  if (!dropped.has('memoryBytes') && !hasSwap) dropped.set('memorySwapBytes', 'the kernel does not count swap');
  if (!dropped.has('blkioWeight') && !hasWeight) {
    dropped.set('blkioWeight', 'no I/O scheduler with weights is in use');
  }
  if (dropped.has('blkioWeight') || (!hasCost && !areScheduledByBfq(context, limits.blkioWeightDevices))) {
    dropped.set('blkioWeightDevices', 'no I/O scheduler with weights is in use');
  }
  return dropFields(limits, asked, dropped);
}
