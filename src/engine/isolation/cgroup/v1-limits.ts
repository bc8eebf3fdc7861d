import type { DeviceRate, Limits } from '../../../model/limits.js';
import type { SpecDeviceRule } from '../oci-spec.js';
import { formatDeviceRule, toDevicePolicy } from './device-rules.js';
import { planDeviceWeights, readDeviceWeights, type WeightFile } from './device-weights.js';
import type { KernelWrite } from './kernel-writes.js';
import {
  DEFAULT_PERIOD_US,
  DEFAULT_SHARES,
  fromCpuQuota,
  type LimitsChange,
  listRateChanges,
  toCpuQuota,
} from './limit-values.js';
import type { V1Group } from './v1-group.js';
import { planRealTime, readRealTime } from './v1-real-time.js';

/** The kernel's "no limit": 2^63 less a page, as it reads back. Anything near is none. */
const NO_LIMIT_FROM = 2 ** 62;

const RATE_FILES = {
  deviceReadBps: 'blkio.throttle.read_bps_device',
  deviceWriteBps: 'blkio.throttle.write_bps_device',
  deviceReadIops: 'blkio.throttle.read_iops_device',
  deviceWriteIops: 'blkio.throttle.write_iops_device',
} as const;

const RATE_KEYS = Object.keys(RATE_FILES) as (keyof typeof RATE_FILES)[];

/** Where the weight is, by I/O scheduler; none of them may exist. */
export const V1_WEIGHT_FILES = ['blkio.weight', 'blkio.bfq.weight'] as const;

export const V1_DEVICE_WEIGHT_FILES = ['blkio.weight_device', 'blkio.bfq.weight_device'] as const;

/** What to write where, in the order in which the kernel takes each step. Kernel: admin-guide/cgroup-v1. */
export function planV1Writes(group: V1Group, change: LimitsChange): readonly KernelWrite[] {
  return [
    ...planCpuset(group, change),
    ...planMemory(group, change),
    ...planCpu(group, change),
    ...planRealTime(group, change),
    ...planRates(group, change),
    ...(change.changed.has('blkioWeightDevices') ? planDeviceWeights(group, findDeviceWeightFile(group), change) : []),
    ...planOthers(group, change),
  ];
}

/** A group begins with what the one above it has, and no group can have more: to allow everything is to write nothing. */
export function planV1Devices(group: V1Group, list: readonly SpecDeviceRule[]): readonly KernelWrite[] {
  const { allowAll, rules } = toDevicePolicy(list);
  const folder = group.folders.get('devices');
  if (folder === undefined) return [];
  return [
    ...(allowAll ? [] : [{ path: `${folder}/devices.deny`, value: 'a' }]),
    ...rules.map((rule) => ({
      path: `${folder}/devices.${rule.allow ? 'allow' : 'deny'}`,
      value: formatDeviceRule(rule),
    })),
  ];
}

/** What the kernel holds, in the words of `asked`. Values that are inherited and were not asked for are left out. */
export function readV1Limits(group: V1Group, asked: Limits): Limits {
  return {
    ...readMemory(group, asked),
    ...readCpu(group, asked),
    ...readRealTime(group),
    ...readOthers(group, asked),
    ...readRates(group, asked),
    ...readDeviceWeights(group, findDeviceWeightFile(group), asked),
  };
}

/** memsw must never be below memory: the step that widens the gap comes first. */
function planMemory(group: V1Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  const folder = group.folders.get('memory');
  if (folder === undefined || !(changed.has('memoryBytes') || changed.has('memorySwapBytes'))) return [];
  const swapPath = `${folder}/memory.memsw.limit_in_bytes`;
  const heldSwap = group.files.readIfThere(swapPath);
  const wantedSwap = typeof after.memorySwapBytes === 'number' ? after.memorySwapBytes : -1;
  const memory = {
    path: `${folder}/memory.limit_in_bytes`,
    value: String(after.memoryBytes ?? -1),
    isSlow: true,
  };
  if (heldSwap === undefined) return [memory];
  const swap = { path: swapPath, value: String(wantedSwap), isSlow: true };
  return wantedSwap === -1 || wantedSwap > Number(heldSwap) ? [swap, memory] : [memory, swap];
}

/**
 * The kernel holds quota over period against the parent's at each write. With the longer period first, or the quota
 * first where the period gets shorter, the ratio in between is never above both the old and the new one.
 */
function planCpu(group: V1Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  const folder = group.folders.get('cpu');
  const isChanged = changed.has('nanoCpus') || changed.has('cpuPeriodUs') || changed.has('cpuQuotaUs');
  if (folder === undefined || !isChanged) return [];
  const { quotaUs, periodUs } = toCpuQuota(after);
  const quota = { path: `${folder}/cpu.cfs_quota_us`, value: String(quotaUs) };
  const period = { path: `${folder}/cpu.cfs_period_us`, value: String(periodUs) };
  const held = Number(group.files.read(period.path));
  if (held === periodUs) return [quota];
  return periodUs > held || quotaUs === -1 ? [period, quota] : [quota, period];
}

/** Always written at birth by the driver, since nothing may join an empty set; lifting takes the parent's. */
function planCpuset(group: V1Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  const folder = group.folders.get('cpuset');
  if (folder === undefined) return [];
  return (['cpusetCpus', 'cpusetMems'] as const)
    .filter((key) => changed.has(key))
    .map((key) => {
      const file = key === 'cpusetCpus' ? 'cpuset.cpus' : 'cpuset.mems';
      return { path: `${folder}/${file}`, value: after[key] ?? group.files.read(`${folder}/../${file}`) };
    });
}

function planRates(group: V1Group, { before, after, changed }: LimitsChange): readonly KernelWrite[] {
  const folder = group.folders.get('blkio');
  if (folder === undefined) return [];
  return RATE_KEYS.filter((key) => changed.has(key)).flatMap((key) =>
    [...listRateChanges(before[key], after[key])].map(([devicePath, rate]) => {
      const device = group.toMajorMinor(devicePath);
      // A rate of 0 takes the line away.
      const toOld = (text: string) => `${device} ${parseRates(text).get(device) ?? 0}`;
      return { path: `${folder}/${RATE_FILES[key]}`, value: `${device} ${rate ?? 0}`, toOld };
    }),
  );
}

/** The file has Docker's own scale. */
function findDeviceWeightFile(group: V1Group): WeightFile | undefined {
  const folder = group.folders.get('blkio');
  const path = V1_DEVICE_WEIGHT_FILES.map((file) => `${folder}/${file}`).find(
    (candidate) => folder !== undefined && group.files.exists(candidate),
  );
  return path === undefined ? undefined : { path, toHeld: (weight) => weight, toWeight: (held) => held };
}

function planOthers(group: V1Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  const memory = group.folders.get('memory');
  // What is not written is not looked for: each look costs a start 50 µs.
  const swappiness = changed.has('memorySwappiness') ? selectSwappiness(group, after) : '';
  const weightFile = changed.has('blkioWeight') ? findV1WeightFile(group) : undefined;
  const candidates: readonly (KernelWrite & { readonly key: keyof Limits; readonly folder: string | undefined })[] = [
    entry('memoryReservationBytes', memory, 'memory.soft_limit_in_bytes', after.memoryReservationBytes ?? -1),
    entry('memorySwappiness', memory, 'memory.swappiness', swappiness),
    {
      ...entry('oomKillDisable', memory, 'memory.oom_control', after.oomKillDisable ? 1 : 0),
      toOld: (text) => (parseFlat(text, 'oom_kill_disable') === 1 ? '1' : '0'),
    },
    entry('cpuShares', group.folders.get('cpu'), 'cpu.shares', after.cpuShares ?? DEFAULT_SHARES),
    entry('pidsMax', group.folders.get('pids'), 'pids.max', after.pidsMax ?? 'max'),
    entry('blkioWeight', group.folders.get('blkio'), weightFile, after.blkioWeight ?? 500),
  ];
  return candidates
    .filter(({ key, folder, path }) => folder !== undefined && changed.has(key) && !path.endsWith('/'))
    .map(({ path, value, toOld }) => ({ path, value, ...(toOld && { toOld }) }));
}

function selectSwappiness(group: V1Group, { memorySwappiness }: Limits): number | string {
  return memorySwappiness ?? inherited(group, 'memory', 'memory.swappiness');
}

function entry(key: keyof Limits, folder: string | undefined, file: string | undefined, value: string | number) {
  return { key, folder, path: `${folder}/${file ?? ''}`, value: String(value) };
}

function findV1WeightFile(group: V1Group): string | undefined {
  const folder = group.folders.get('blkio');
  return V1_WEIGHT_FILES.find((file) => folder !== undefined && group.files.exists(`${folder}/${file}`));
}

function inherited(group: V1Group, controller: string, file: string): string {
  return group.files.readIfThere(`${group.folders.get(controller)}/../${file}`) ?? '';
}

function readMemory(group: V1Group, asked: Limits): Limits {
  const read = (file: string) => readNumber(group, 'memory', file);
  const memory = read('memory.limit_in_bytes');
  const swap = read('memory.memsw.limit_in_bytes');
  const reservation = read('memory.soft_limit_in_bytes');
  const swappiness = read('memory.swappiness');
  const isOwnSwappiness =
    asked.memorySwappiness !== undefined || swappiness !== Number(inherited(group, 'memory', 'memory.swappiness'));
  const isLimited = memory !== undefined && memory < NO_LIMIT_FROM;
  return {
    ...(isLimited && { memoryBytes: memory }),
    ...(isLimited && swap !== undefined && { memorySwapBytes: swap < NO_LIMIT_FROM ? swap : ('unlimited' as const) }),
    ...(reservation !== undefined && reservation < NO_LIMIT_FROM && { memoryReservationBytes: reservation }),
    ...(swappiness !== undefined && isOwnSwappiness && { memorySwappiness: swappiness }),
    ...(parseFlat(readText(group, 'memory', 'memory.oom_control') ?? '', 'oom_kill_disable') === 1 && {
      oomKillDisable: true,
    }),
  };
}

function readCpu(group: V1Group, asked: Limits): Limits {
  const quota = readNumber(group, 'cpu', 'cpu.cfs_quota_us') ?? -1;
  const period = readNumber(group, 'cpu', 'cpu.cfs_period_us') ?? DEFAULT_PERIOD_US;
  const shares = readNumber(group, 'cpu', 'cpu.shares') ?? DEFAULT_SHARES;
  return {
    ...fromCpuQuota(quota, period, asked),
    ...((asked.cpuShares !== undefined || shares !== DEFAULT_SHARES) && { cpuShares: shares }),
  };
}

function readOthers(group: V1Group, asked: Limits): Limits {
  const cpus = readText(group, 'cpuset', 'cpuset.cpus') ?? '';
  const mems = readText(group, 'cpuset', 'cpuset.mems') ?? '';
  const pids = Number(readText(group, 'pids', 'pids.max') ?? 'max');
  const weightFile = findV1WeightFile(group);
  const weight = weightFile === undefined ? undefined : readNumber(group, 'blkio', weightFile);
  const isOwnCpus = asked.cpusetCpus !== undefined || cpus !== inherited(group, 'cpuset', 'cpuset.cpus');
  const isOwnMems = asked.cpusetMems !== undefined || mems !== inherited(group, 'cpuset', 'cpuset.mems');
  return {
    ...(cpus !== '' && isOwnCpus && { cpusetCpus: cpus }),
    ...(mems !== '' && isOwnMems && { cpusetMems: mems }),
    ...(Number.isFinite(pids) && { pidsMax: pids }),
    ...(weight !== undefined && asked.blkioWeight !== undefined && { blkioWeight: weight }),
  };
}

/** Only devices that were asked for: the kernel knows numbers, not paths. */
function readRates(group: V1Group, asked: Limits): Limits {
  const found = RATE_KEYS.flatMap((key): (readonly [string, readonly DeviceRate[]])[] => {
    const devices = asked[key] ?? [];
    if (devices.length === 0) return [];
    const rates = parseRates(readText(group, 'blkio', RATE_FILES[key]) ?? '');
    const held = devices.flatMap(({ path }) => {
      const rate = rates.get(group.toMajorMinor(path));
      return rate === undefined ? [] : [{ path, rate }];
    });
    return held.length === 0 ? [] : [[key, held]];
  });
  return Object.fromEntries(found);
}

function parseRates(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').map((line) => line.split(' '));
  return new Map(lines.filter(([, rate]) => rate !== undefined).map(([device = '', rate]) => [device, Number(rate)]));
}

function parseFlat(text: string, key: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key} `));
  return line === undefined ? undefined : Number(line.slice(key.length + 1));
}

function readText(group: V1Group, controller: string, file: string): string | undefined {
  const folder = group.folders.get(controller);
  return folder === undefined ? undefined : group.files.readIfThere(`${folder}/${file}`);
}

function readNumber(group: V1Group, controller: string, file: string): number | undefined {
  const text = readText(group, controller, file);
  return text === undefined ? undefined : Number(text);
}
