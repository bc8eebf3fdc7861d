import { posix } from 'node:path';
import type { DeviceRate, Limits } from '../../../model/limits.js';
import type { KernelFiles } from '../../../platform/kernel-file.js';
import { planDeviceWeights, readDeviceWeights, type WeightFile } from './device-weights.js';
import type { KernelWrite } from './kernel-writes.js';
import {
  DEFAULT_SHARES,
  fromCpuQuota,
  fromCpuWeight,
  fromIoWeight,
  type LimitsChange,
  listRateChanges,
  toCpuQuota,
  toCpuWeight,
  toIoWeight,
  toSwapMax,
} from './limit-values.js';

/** One group on v2 and what its files need to be written. */
export interface V2Group {
  readonly files: KernelFiles;
  readonly folder: string;
  /** `8:0` of a block device's path; throws invalid-argument where it is none. */
  toMajorMinor(path: string): string;
}

const RATE_WORDS = {
  deviceReadBps: 'rbps',
  deviceWriteBps: 'wbps',
  deviceReadIops: 'riops',
  deviceWriteIops: 'wiops',
} as const;

const RATE_KEYS = Object.keys(RATE_WORDS) as (keyof typeof RATE_WORDS)[];

/** `io.weight` of io.cost or of bfq. */
export const V2_WEIGHT_FILES = ['io.weight', 'io.bfq.weight'] as const;

/**
 * What to write where. Memory comes last: it is the one that can take long, and by then all else is known to be fine.
 * Its limit below what is in use makes the kernel kill; the driver makes room first. Kernel: cgroup-v2.rst.
 */
export function planV2Writes(group: V2Group, change: LimitsChange): readonly KernelWrite[] {
  return [
    ...planCpu(group, change),
    ...planRates(group, change),
    ...planDeviceWeights(group, findWeightFile(group), change),
    ...planOthers(group, change),
    ...planMemory(group, change),
  ];
}

/** What the kernel holds, in the words of `asked`. */
export function readV2Limits(group: V2Group, asked: Limits): Limits {
  return {
    ...readMemory(group),
    ...readCpu(group, asked),
    ...readOthers(group, asked),
    ...readRates(group, asked),
    ...readDeviceWeights(group, findWeightFile(group), asked),
  };
}

function planMemory(group: V2Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  if (!(changed.has('memoryBytes') || changed.has('memorySwapBytes'))) return [];
  const swapPath = `${group.folder}/memory.swap.max`;
  const swap = group.files.exists(swapPath) ? [{ path: swapPath, value: String(toSwapMax(after)), isSlow: true }] : [];
  return [...swap, { path: `${group.folder}/memory.max`, value: String(after.memoryBytes ?? 'max'), isSlow: true }];
}

function planCpu(group: V2Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  if (!(changed.has('nanoCpus') || changed.has('cpuPeriodUs') || changed.has('cpuQuotaUs'))) return [];
  const { quotaUs, periodUs } = toCpuQuota(after);
  return [{ path: `${group.folder}/cpu.max`, value: `${quotaUs === -1 ? 'max' : quotaUs} ${periodUs}` }];
}

function planRates(group: V2Group, { before, after, changed }: LimitsChange): readonly KernelWrite[] {
  return RATE_KEYS.filter((key) => changed.has(key)).flatMap((key) =>
    [...listRateChanges(before[key], after[key])].map(([devicePath, rate]) => {
      const device = group.toMajorMinor(devicePath);
      const word = RATE_WORDS[key];
      const toOld = (text: string) => `${device} ${word}=${parseIoMax(text, device).get(word) ?? 'max'}`;
      return { path: `${group.folder}/io.max`, value: `${device} ${word}=${rate ?? 'max'}`, toOld };
    }),
  );
}

function planOthers(group: V2Group, { after, changed }: LimitsChange): readonly KernelWrite[] {
  const { folder } = group;
  const weights = findWeightFile(group);
  const weight = after.blkioWeight === undefined ? DEFAULT_IO_WEIGHT : weights?.toHeld(after.blkioWeight);
  const candidates: readonly (KernelWrite & { readonly key: keyof Limits })[] = [
    setEntry(group, 'cpusetCpus', { file: 'cpuset.cpus', set: after.cpusetCpus }),
    setEntry(group, 'cpusetMems', { file: 'cpuset.mems', set: after.cpusetMems }),
    entry('memoryReservationBytes', `${folder}/memory.low`, after.memoryReservationBytes ?? 0),
    entry('cpuShares', `${folder}/cpu.weight`, toCpuWeight(after.cpuShares ?? DEFAULT_SHARES)),
    entry('pidsMax', `${folder}/pids.max`, after.pidsMax ?? 'max'),
    ...(weights === undefined ? [] : [entry('blkioWeight', weights.path, `default ${weight}`)]),
  ];
  return candidates
    .filter(({ key }) => changed.has(key))
    .map(({ key: _, ...write }) => ({ ...write, toOld: firstLine }));
}

function setEntry(group: V2Group, key: keyof Limits, { file, set = '' }: { file: string; set: string | undefined }) {
  return { ...entry(key, `${group.folder}/${file}`, set), whenFull: () => readAbove(group, file) };
}

/** All that a group could have: what Linux 6.1 takes in place of no set at all for a group that something lives in. */
function readAbove({ files, folder }: V2Group, name: string): string {
  return (files.readIfThere(`${posix.dirname(folder)}/${name}.effective`) ?? '').trim();
}

const DEFAULT_IO_WEIGHT = 100;

function entry(key: keyof Limits, path: string, value: string | number) {
  return { key, path, value: String(value) };
}

/** Weights list devices of their own below the default. */
const firstLine = (text: string) => text.split('\n')[0] ?? '';

function findWeightFile({ files, folder }: V2Group): WeightFile | undefined {
  const name = V2_WEIGHT_FILES.find((file) => files.exists(`${folder}/${file}`));
  if (name === undefined) return undefined;
  const path = `${folder}/${name}`;
  // bfq has kept v1's range.
  if (name === 'io.bfq.weight') return { path, toHeld: (weight) => weight, toWeight: (held) => held };
  return {
    path,
    toHeld: toIoWeight,
    toWeight: (held, asked) => (toIoWeight(asked) === held ? asked : fromIoWeight(held)),
  };
}

function readMemory(group: V2Group): Limits {
  const memory = readNumber(group, 'memory.max');
  const swap = readNumber(group, 'memory.swap.max');
  const low = readNumber(group, 'memory.low');
  const isLimited = memory !== undefined && Number.isFinite(memory);
  return {
    ...(isLimited && { memoryBytes: memory }),
    ...(isLimited &&
      swap !== undefined && { memorySwapBytes: Number.isFinite(swap) ? memory + swap : ('unlimited' as const) }),
    ...(low !== undefined && low > 0 && { memoryReservationBytes: low }),
  };
}

function readCpu(group: V2Group, asked: Limits): Limits {
  const [quota = 'max', period = '100000'] = (readText(group, 'cpu.max') ?? '').split(' ');
  const weight = readNumber(group, 'cpu.weight');
  const isOwnWeight = asked.cpuShares !== undefined || weight !== toCpuWeight(DEFAULT_SHARES);
  return {
    ...fromCpuQuota(quota === 'max' || quota === '' ? -1 : Number(quota), Number(period), asked),
    ...(weight !== undefined && isOwnWeight && { cpuShares: fromCpuWeight(weight, asked.cpuShares) }),
  };
}

/** Empty where nobody has asked for a set and the group has all that it could. */
function readSet(group: V2Group, name: string, asked: string | undefined): string {
  const held = readText(group, name) ?? '';
  return asked === undefined && held === readAbove(group, name) ? '' : held;
}

function readOthers(group: V2Group, asked: Limits): Limits {
  const cpus = readSet(group, 'cpuset.cpus', asked.cpusetCpus);
  const mems = readSet(group, 'cpuset.mems', asked.cpusetMems);
  const pids = readNumber(group, 'pids.max');
  const weights = findWeightFile(group);
  const weight = Number(firstLine((weights && group.files.readIfThere(weights.path)) ?? '').replace('default ', ''));
  return {
    ...(cpus !== '' && { cpusetCpus: cpus }),
    ...(mems !== '' && { cpusetMems: mems }),
    ...(pids !== undefined && Number.isFinite(pids) && { pidsMax: pids }),
    ...(weights !== undefined &&
      asked.blkioWeight !== undefined &&
      weight > 0 && { blkioWeight: weights.toWeight(weight, asked.blkioWeight) }),
  };
}

function readRates(group: V2Group, asked: Limits): Limits {
  const text = readText(group, 'io.max') ?? '';
  const found = RATE_KEYS.flatMap((key): (readonly [string, readonly DeviceRate[]])[] => {
    const held = (asked[key] ?? []).flatMap(({ path }) => {
      const rate = Number(parseIoMax(text, group.toMajorMinor(path)).get(RATE_WORDS[key]));
      return Number.isFinite(rate) ? [{ path, rate }] : [];
    });
    return held.length === 0 ? [] : [[key, held]];
  });
  return Object.fromEntries(found);
}

/** `8:0 rbps=1024 wbps=max riops=max wiops=max`: the words of one device. */
function parseIoMax(text: string, device: string): ReadonlyMap<string, string> {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${device} `)) ?? '';
  const words = line.split(' ').slice(1);
  return new Map(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

function readText(group: V2Group, file: string): string | undefined {
  return group.files.readIfThere(`${group.folder}/${file}`);
}

/** `max` is Infinity. */
function readNumber(group: V2Group, file: string): number | undefined {
  const text = readText(group, file);
  if (text === undefined) return undefined;
  return text === 'max' ? Number.POSITIVE_INFINITY : Number(text);
}
