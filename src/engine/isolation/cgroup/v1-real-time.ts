import { posix } from 'node:path';
import type { Limits } from '../../../model/limits.js';
import type { DriverContext } from './driver-context.js';
import type { KernelWrite } from './kernel-writes.js';
import { DEFAULT_REALTIME_PERIOD_US, type LimitsChange } from './limit-values.js';
import type { V1Group } from './v1-group.js';

const RUNTIME = 'cpu.rt_runtime_us';
const PERIOD = 'cpu.rt_period_us';

/** True where the kernel shares real time out by group: CONFIG_RT_GROUP_SCHED. */
export function hasRealTime({ layout, files }: DriverContext): boolean {
  const cpu = layout.v1.get('cpu');
  return cpu !== undefined && files.exists(`${cpu.base}/${RUNTIME}`);
}

/**
 * Real time of a group is a part of what the groups above it have, and those have none at first: where it does not suffice
 * for all that is in them, they get more beforehand. As with the quota, the order is the one in which no step asks for more
 * than before and after. Kernel: scheduler/sched-rt-group.rst.
 */
export function planRealTime(group: V1Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  const folder = group.folders.get('cpu');
  if (folder === undefined || !(changed.has('cpuRtRuntimeUs') || changed.has('cpuRtPeriodUs'))) return [];
  const [runtimeUs, periodUs] = [after.cpuRtRuntimeUs ?? 0, after.cpuRtPeriodUs ?? DEFAULT_REALTIME_PERIOD_US];
  const runtime = { path: `${folder}/${RUNTIME}`, value: String(runtimeUs) };
  const period = { path: `${folder}/${PERIOD}`, value: String(periodUs) };
  const heldPeriod = group.files.readIfThere(period.path);
  if (heldPeriod === undefined) return [];
  const isLonger = periodUs > Number(heldPeriod);
  return [...planParents(group, folder, runtimeUs / periodUs), ...(isLonger ? [period, runtime] : [runtime, period])];
}

/** From the topmost group down that has too little; the hierarchy's base is not ours. */
function planParents({ files, path }: V1Group, folder: string, share: number): readonly KernelWrite[] {
  const writes: KernelWrite[] = [];
  const levels = path.split('/').filter(Boolean).length - 1;
  let [child, needed] = [folder, share];
  for (let level = 0; level < levels; level++) {
    const parent = posix.dirname(child);
    const others = files.listDirectories(parent).map((name) => posix.join(parent, name));
    needed += others.filter((other) => other !== child).reduce((sum, other) => sum + readShare(files, other), 0);
    if (readShare(files, parent) >= needed) break;
    const periodUs = Number(files.read(`${parent}/${PERIOD}`));
    // Rounded up, but not for what the sum of fractions is off by.
    const wantedUs = Math.ceil(needed * periodUs - 1e-3);
    writes.unshift({ path: `${parent}/${RUNTIME}`, value: String(wantedUs) });
    child = parent;
  }
  return writes;
}

/** Of one CPU; a group that goes away meanwhile has none. */
function readShare(files: V1Group['files'], folder: string): number {
  const [runtimeUs, periodUs] = [files.readIfThere(`${folder}/${RUNTIME}`), files.readIfThere(`${folder}/${PERIOD}`)];
  return runtimeUs === undefined || periodUs === undefined ? 0 : Number(runtimeUs) / Number(periodUs);
}

/** What the kernel holds; nothing for what every group has. */
export function readRealTime({ files, folders }: V1Group): Limits {
  const folder = folders.get('cpu');
  const read = (file: string) => Number((folder && files.readIfThere(`${folder}/${file}`)) ?? 0);
  const [runtimeUs, periodUs] = [read(RUNTIME), read(PERIOD)];
  return {
    ...(runtimeUs > 0 && { cpuRtRuntimeUs: runtimeUs }),
    ...(periodUs > 0 && periodUs !== DEFAULT_REALTIME_PERIOD_US && { cpuRtPeriodUs: periodUs }),
  };
}
