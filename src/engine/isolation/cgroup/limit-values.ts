import {
  applyLimitsPatch,
  type DeviceRate,
  type DeviceWeight,
  type Limits,
  type LimitsPatch,
} from '../../../model/limits.js';

/** What `--cpus` is written as; Docker's period. */
export const DEFAULT_PERIOD_US = 100_000;

export const DEFAULT_SHARES = 1024;

/** The kernel's own for real time; a new group has no runtime. */
export const DEFAULT_REALTIME_PERIOD_US = 1_000_000;

/** Limits with what Docker adds: memory without a word on swap allows as much swap again. */
export function completeLimits(limits: Limits): Limits {
  if (limits.memoryBytes === undefined || limits.memorySwapBytes !== undefined) return limits;
  return { ...limits, memorySwapBytes: 2 * limits.memoryBytes };
}

/**
 * The limits after a change. Three rules beyond the merge. Lifting memory lifts swap too, and lifting swap alone says
 * `unlimited`, because absent would mean twice the memory. Where memory alone is changed and swap stood in Docker's
 * proportion (twice, or none), swap keeps the proportion; else raising memory above the old total would be refused.
 * And CPUs replace period and quota, and the other way round, unless one patch names both.
 */
export function patchLimits(before: Limits, patch: LimitsPatch): Limits {
  const { memorySwapBytes: swap, ...rest } = applyLimitsPatch(before, { ...replacedCpu(patch), ...patch });
  if (rest.memoryBytes === undefined) {
    return patch.memoryBytes === null || swap === undefined ? rest : { ...rest, memorySwapBytes: swap };
  }
  if (patch.memorySwapBytes === null) return { ...rest, memorySwapBytes: 'unlimited' };
  if (patch.memorySwapBytes !== undefined) return { ...rest, memorySwapBytes: patch.memorySwapBytes };
  return completeLimits({ ...rest, ...followSwap(before, rest.memoryBytes) });
}

function replacedCpu({ nanoCpus, cpuPeriodUs, cpuQuotaUs }: LimitsPatch): LimitsPatch {
  if (typeof nanoCpus === 'number') return { cpuPeriodUs: null, cpuQuotaUs: null };
  return typeof cpuPeriodUs === 'number' || typeof cpuQuotaUs === 'number' ? { nanoCpus: null } : {};
}

function followSwap(before: Limits, memoryBytes: number): Pick<Limits, 'memorySwapBytes'> {
  const { memoryBytes: old, memorySwapBytes: swap } = before;
  if (swap === undefined) return {};
  if (old === undefined || swap === 'unlimited') return { memorySwapBytes: swap };
  // What was read back from a v1 kernel is rounded down to pages, each figure by itself.
  if (isNear(swap, 2 * old)) return { memorySwapBytes: 2 * memoryBytes };
  return { memorySwapBytes: isNear(swap, old) ? memoryBytes : swap };
}

const isNear = (a: number, b: number) => Math.abs(a - b) < 8192;

/** CFS quota and period, µs; quota -1 is no limit. */
export function toCpuQuota(limits: Limits): { readonly quotaUs: number; readonly periodUs: number } {
  if (limits.nanoCpus !== undefined) {
    // 1e9 nano-CPUs are one period's worth of µs.
    const quotaUs = Math.max(1000, Math.round((limits.nanoCpus * DEFAULT_PERIOD_US) / 1e9));
    return { quotaUs, periodUs: DEFAULT_PERIOD_US };
  }
  return { quotaUs: limits.cpuQuotaUs ?? -1, periodUs: limits.cpuPeriodUs ?? DEFAULT_PERIOD_US };
}

/** The fields of `asked` for what the kernel holds: nanoCpus unless period or quota were asked for. */
export function fromCpuQuota(
  quotaUs: number,
  periodUs: number,
  asked: Limits,
): Pick<Limits, 'nanoCpus' | 'cpuQuotaUs' | 'cpuPeriodUs'> {
  if (asked.cpuQuotaUs !== undefined || asked.cpuPeriodUs !== undefined) {
    return {
      ...(quotaUs > 0 && { cpuQuotaUs: quotaUs }),
      ...((periodUs !== DEFAULT_PERIOD_US || asked.cpuPeriodUs !== undefined) && { cpuPeriodUs: periodUs }),
    };
  }
  if (quotaUs <= 0) return {};
  const held = toCpuQuota(asked);
  const isAsAsked = held.quotaUs === quotaUs && held.periodUs === periodUs;
  return {
    nanoCpus: isAsAsked && asked.nanoCpus !== undefined ? asked.nanoCpus : Math.round((quotaUs / periodUs) * 1e9),
  };
}

/** v2 memory.swap.max in bytes, of memory and swap together as Docker counts. */
export function toSwapMax(limits: Limits): number | 'max' {
  const { memoryBytes, memorySwapBytes } = limits;
  if (memorySwapBytes === undefined || memorySwapBytes === 'unlimited' || memoryBytes === undefined) return 'max';
  return Math.max(0, memorySwapBytes - memoryBytes);
}

/**
 * v1 shares → v2 weight: 2, 1024 and 262144 become 1, 100 and 10000, the two scales' ends and defaults. The quadratic
 * through them in log2 is what runc ≥ 1.3.2 and crun ≥ 1.23 use.
 */
export function toCpuWeight(shares: number): number {
  const l = Math.log2(Math.min(Math.max(shares, 2), 262_144));
  return Math.min(10_000, Math.max(1, Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34))));
}

/** The shares of `asked` if they give this weight, else the least that do. */
export function fromCpuWeight(weight: number, askedShares: number | undefined): number {
  if (askedShares !== undefined && toCpuWeight(askedShares) === weight) return askedShares;
  let low = 2;
  let high = 262_144;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (toCpuWeight(middle) < weight) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 10..1000 of v1 → 1..10000 of v2's io.weight. */
export function toIoWeight(blkioWeight: number): number {
  return Math.floor(1 + ((blkioWeight - 10) * 9999) / 990);
}

export function fromIoWeight(ioWeight: number): number {
  return Math.ceil(10 + ((ioWeight - 1) * 990) / 9999);
}

/** The numbers of a list such as `0-2,7`; undefined where it is none. Kernel: cpuset(7), "List format". */
export function parseCpuList(text: string): ReadonlySet<number> | undefined {
  const numbers = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return undefined;
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}

/** A change from one set of limits to another; only what `changed` names is written. */
export interface LimitsChange {
  readonly before: Limits;
  readonly after: Limits;
  readonly changed: ReadonlySet<keyof Limits>;
}

/** Fields that a change concerns: those the patch names, and those that follow from it. */
export function listChanged(before: Limits, after: Limits, patch: LimitsPatch): ReadonlySet<keyof Limits> {
  const keys = new Set<keyof Limits>();
  for (const key of LIMIT_KEYS) {
    if (patch[key] !== undefined || JSON.stringify(before[key]) !== JSON.stringify(after[key])) keys.add(key);
  }
  return keys;
}

const LIMIT_KEYS = Object.keys({
  memoryBytes: 0,
  memorySwapBytes: 0,
  memoryReservationBytes: 0,
  memorySwappiness: 0,
  oomKillDisable: 0,
  nanoCpus: 0,
  cpuPeriodUs: 0,
  cpuQuotaUs: 0,
  cpuRtPeriodUs: 0,
  cpuRtRuntimeUs: 0,
  cpuShares: 0,
  cpusetCpus: 0,
  cpusetMems: 0,
  pidsMax: 0,
  blkioWeight: 0,
  blkioWeightDevices: 0,
  deviceReadBps: 0,
  deviceWriteBps: 0,
  deviceReadIops: 0,
  deviceWriteIops: 0,
} satisfies Record<keyof Limits, 0>) as (keyof Limits)[];

/** Lines of `8:0 1048576` and what to do about each device: the new rate, or undefined to lift it. */
export function listRateChanges(
  before: readonly DeviceRate[] | undefined,
  after: readonly DeviceRate[] | undefined,
): ReadonlyMap<string, number | undefined> {
  const changes = new Map<string, number | undefined>();
  for (const { path } of before ?? []) changes.set(path, undefined);
  for (const { path, rate } of after ?? []) changes.set(path, rate);
  return changes;
}

/** As listRateChanges: each device's new weight, or undefined where it has none of its own any more. */
export function listWeightChanges(
  before: readonly DeviceWeight[] | undefined,
  after: readonly DeviceWeight[] | undefined,
): ReadonlyMap<string, number | undefined> {
  const toRates = (weights: readonly DeviceWeight[] = []) =>
    weights.map(({ path, weight }) => ({ path, rate: weight }));
  return listRateChanges(toRates(before), toRates(after));
}

/** The number in a line such as `8:0 500`; undefined where the device has no line. */
export function findDeviceNumber(text: string, device: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${device} `));
  return line === undefined ? undefined : Number(line.slice(device.length + 1));
}
