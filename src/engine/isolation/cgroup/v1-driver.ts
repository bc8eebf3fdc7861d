import { posix } from 'node:path';
import type { Limits } from '../../../model/limits.js';
import type { Cgroup, CgroupDriver, CgroupName, CgroupPaths, CgroupSettings, CheckedLimits } from './driver.js';
import { type DriverContext, selectDeviceProgram } from './driver-context.js';
import {
  listIds,
  listProcesses,
  lookAbove,
  makeGroupFolder,
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
import type { MemoryUse } from './memory-room.js';
import { numberAfter } from './stats-sources.js';
import type { V1Group } from './v1-group.js';
import { planV1Devices, planV1Writes, readV1Limits, V1_DEVICE_WEIGHT_FILES, V1_WEIGHT_FILES } from './v1-limits.js';
import { hasRealTime } from './v1-real-time.js';
import { openV1Stats } from './v1-stats.js';

/** Limits on v1. On hybrid hosts each group has a folder in the unified hierarchy too, for kill, freeze and pressure. */
export function makeV1Driver(context: DriverContext): CgroupDriver {
  const check = (limits: Limits) => checkV1(context, limits);
  return {
    version: 1,
    deviceControl: context.layout.v1.has('devices') ? 'files' : selectDeviceProgram(context),
    check,
    create(name, settings) {
      const group = toV1Folders(context, name);
      const made: string[] = [];
      try {
        createFolders(context, group, made);
        writeBirth(group, settings);
      } catch (error) {
        for (const folder of made) context.files.removeDirectory(folder);
        throw explainRefusal(error, settings.limits);
      }
      return makeV1Cgroup(context, group, check);
    },
    open: (name) => makeV1Cgroup(context, toV1Folders(context, name), check),
    list: () => [...new Set(listParents(context).flatMap((parent) => listIds(context.files, parent)))],
    removeParent() {
      for (const parent of listParents(context)) removeEmptyFolder(context.files, parent);
    },
  };
}

interface V1Folders extends V1Group {
  readonly unified?: string;
  /** Every folder of the group once, the unified one first. */
  readonly all: readonly string[];
}

function listBases({ layout }: DriverContext): readonly string[] {
  const bases = [...layout.v1.values()].map(({ base }) => base);
  return [...new Set(layout.unified === undefined ? bases : [layout.unified.base, ...bases])];
}

/** The engine's own folder in each hierarchy. */
function listParents(context: DriverContext): readonly string[] {
  return listBases(context).map((base) => posix.join(base, context.parent));
}

function toV1Folders(context: DriverContext, name: CgroupName): V1Folders {
  const { layout, files, parent, toMajorMinor } = context;
  const path = toGroupPath(name, parent);
  const folders = new Map([...layout.v1].map(([controller, { base }]) => [controller, posix.join(base, path)]));
  const unified = layout.unified && posix.join(layout.unified.base, path);
  const all = [...new Set([...(unified === undefined ? [] : [unified]), ...folders.values()])];
  return { files, folders, path, all, toMajorMinor, ...(unified !== undefined && { unified }) };
}

function createFolders(context: DriverContext, group: V1Folders, made: string[]): void {
  const { files, layout } = context;
  const cpusetBase = layout.v1.get('cpuset')?.base;
  for (const base of listBases(context)) {
    const isCpuset = base === cpusetBase;
    const own = posix.join(base, group.path);
    if (!makeGroupFolder(files, own)) {
      const onLevel = isCpuset ? (folder: string) => prepareCpusetParent(group, folder, base) : () => undefined;
      makeGroupFolders(files, { base, path: group.path, onLevel });
    }
    made.push(own);
    if (isCpuset) inheritCpuset(group, own, base);
  }
}

const CPUSET_FILES = ['cpuset.cpus', 'cpuset.mems'] as const;

/** An empty set lets nobody in, and a set can only have what its parent has. */
function inheritCpuset(group: V1Group, folder: string, base: string): void {
  const { files } = group;
  const above = posix.dirname(folder);
  for (const file of CPUSET_FILES) {
    if (files.read(`${folder}/${file}`) !== '') continue;
    const value = files.read(`${above}/${file}`);
    // Another engine has made it this very moment.
    if (value === '' && above !== base) prepareCpusetParent(group, above, base);
    files.write(`${folder}/${file}`, value || files.read(`${above}/${file}`));
  }
}

/** A parent of our own making: groups are born with its sets, so that nobody has to write them. */
function prepareCpusetParent(group: V1Group, folder: string, base: string): void {
  const { files } = group;
  if (CPUSET_FILES.every((file) => files.read(`${folder}/${file}`) !== '')) return;
  inheritCpuset(group, folder, base);
  files.write(`${folder}/cgroup.clone_children`, '1');
}

function writeBirth(group: V1Folders, { limits, devices }: CgroupSettings): void {
  const changed = new Set(Object.keys(limits) as (keyof Limits)[]);
  writeAll(group.files, planV1Devices(group, devices));
  writeAll(group.files, planV1Writes(group, { before: {}, after: limits, changed }));
}

function makeV1Cgroup(context: DriverContext, group: V1Folders, check: CgroupDriver['check']): Cgroup {
  const { files } = context;
  const [first = ''] = group.all;
  const freezer = group.folders.get('freezer');
  const processes: ProcessFolders = {
    files,
    members: first,
    ...(group.unified !== undefined && { unified: group.unified }),
    ...(freezer !== undefined && { freezer }),
  };
  const updatable: UpdatableGroup = {
    files,
    check,
    plan: (change) => planV1Writes(group, change),
    readLimits: (asked) => readV1Limits(group, asked),
    readMemoryUse: () => readV1MemoryUse(context, group),
    // The kernel reclaims by itself when the limit is written, and refuses if that does not suffice.
    makeRoom: () => Promise.resolve(),
  };
  return {
    paths: toPaths(group),
    exists: () => group.all.some((folder) => files.exists(folder)),
    processes: () => listProcesses(files, first),
    readLimits: (asked) => readV1Limits(group, asked),
    preview: (before, patch) => previewGroupUpdate(updatable, before, patch),
    update: (before, patch) => updateGroup(updatable, before, patch),
    openStats: (pid) => openV1Stats(group, pid),
    freeze: () => freezeGroup(processes),
    thaw: () => Promise.resolve(thawGroup(processes)),
    isFrozen: () => isGroupFrozen(processes),
    kill: () => killGroup(processes),
    remove: () => removeGroup(processes, group.all),
  };
}

function toPaths(group: V1Folders): CgroupPaths {
  const memory = group.folders.get('memory');
  return {
    v1: [...new Set(group.folders.values())],
    ...(group.unified !== undefined && { v2: group.unified }),
    ...(memory !== undefined && { oom: { version: 'v1', directory: memory } }),
    remove: group.all,
  };
}

function readV1MemoryUse(context: DriverContext, group: V1Group): MemoryUse | undefined {
  const folder = group.folders.get('memory');
  const usage = folder && group.files.readIfThere(`${folder}/memory.usage_in_bytes`);
  if (folder === undefined || usage === undefined) return undefined;
  const stat = group.files.read(`${folder}/memory.stat`);
  const cache = numberAfter(stat, 'total_inactive_file ') + numberAfter(stat, 'total_active_file ');
  const swappable = Math.min(numberAfter(stat, 'total_rss '), context.readSwapFreeBytes());
  const currentBytes = Number(usage);
  return { currentBytes, unreclaimableBytes: Math.max(0, currentBytes - cache - swappable) };
}

/** Which fields each v1 controller holds. */
const FIELDS_OF_CONTROLLER = {
  memory: ['memoryBytes', 'memorySwapBytes', 'memoryReservationBytes', 'memorySwappiness', 'oomKillDisable'],
  cpu: ['nanoCpus', 'cpuPeriodUs', 'cpuQuotaUs', 'cpuShares'],
  cpuset: ['cpusetCpus', 'cpusetMems'],
  pids: ['pidsMax'],
  blkio: ['blkioWeight', 'blkioWeightDevices', 'deviceReadBps', 'deviceWriteBps', 'deviceReadIops', 'deviceWriteIops'],
} as const satisfies Record<string, readonly (keyof Limits)[]>;

function checkV1(context: DriverContext, asked: Limits): CheckedLimits {
  const { layout, files } = context;
  const limits = completeLimits(asked);
  const cpuset = layout.v1.get('cpuset');
  validateLimits(limits, {
    cpus: context.cpus,
    cpusetCpus: (cpuset && files.readIfThere(`${cpuset.base}/cpuset.cpus`)) ?? '',
    cpusetMems: (cpuset && files.readIfThere(`${cpuset.base}/cpuset.mems`)) ?? '',
    hasRealTime: hasRealTime(context),
  });
  const dropped = new Map<keyof Limits, string>();
  for (const [controller, fields] of Object.entries(FIELDS_OF_CONTROLLER)) {
    if (layout.v1.has(controller)) continue;
    for (const field of fields) dropped.set(field, `the cgroup controller ${controller} is not mounted`);
  }
  const memory = layout.v1.get('memory');
  if (memory !== undefined && !files.exists(`${memory.base}/memory.memsw.limit_in_bytes`)) {
    dropped.set('memorySwapBytes', 'the kernel does not count swap');
  }
  if (!hasDeviceWeights(context, limits)) {
    dropped.set('blkioWeightDevices', 'no I/O scheduler with weights is in use');
  }
  if (limits.blkioWeight !== undefined && !hasBlkioFile(context, V1_WEIGHT_FILES)) {
    dropped.set('blkioWeight', 'no I/O scheduler with weights is in use');
  }
  return dropFields(limits, asked, dropped);
}

function hasDeviceWeights(context: DriverContext, { blkioWeightDevices: weights }: Limits): boolean {
  const [ofCfq, ofBfq] = V1_DEVICE_WEIGHT_FILES;
  if (weights === undefined || hasBlkioFile(context, [ofCfq])) return true;
  return hasBlkioFile(context, [ofBfq]) && areScheduledByBfq(context, weights);
}

/** Groups other than the root have the file, so it is looked for in the parent of all containers. */
function hasBlkioFile({ layout, files, parent }: DriverContext, names: readonly string[]): boolean {
  const blkio = layout.v1.get('blkio');
  if (blkio === undefined) return false;
  const place = { base: blkio.base, path: `${parent}/any`, onLevel: () => undefined };
  return lookAbove(files, place, (folder) => names.some((file) => files.exists(`${folder}/${file}`)));
}
