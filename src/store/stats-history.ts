import type { CgroupStats } from '../model/cgroup-stats.js';

export type Metric =
  | 'cpu'
  | 'cpuLimit'
  | 'throttled'
  | 'memory'
  | 'memoryLimit'
  | 'networkIn'
  | 'networkOut'
  | 'ioRead'
  | 'ioWrite'
  | 'pressure';

/** Bytes that came into an interface of the container, or went out of it; by the interface's name inside. */
export type InterfaceMetric = `${'in' | 'out'} ${string}`;

type AnyMetric = Metric | InterfaceMetric;

/** A reading this soon after another, as after a change of limits, gives no rate of its own: it would be noise. */
const MIN_RATE_MS = 500;
/** A second that the tick missed takes the next reading, whose rate is the mean over it. */
const HELD_SECONDS = 4;
/** Metrics in which NaN is a value: no limit. */
const LIMITS: ReadonlySet<string> = new Set<Metric>(['cpuLimit', 'memoryLimit']);

/** Ten minutes, one sample a second. */
export const HISTORY_SECONDS = 600;

/**
 * The last ten minutes of one container. Units: `cpu` and `cpuLimit` in CPUs (1.5 is one and a half), `throttled` the share of
 * periods 0..1, memory in bytes, rates in bytes per second, `pressure` the memory PSI in percent. NaN: not read, or no limit.
 */
export interface StatsHistory {
  readonly latest: CgroupStats | undefined;
  /** Highest memory reading that is kept, bytes. */
  peakMemory(): number;
  value(metric: AnyMetric): number;
  add(stats: CgroupStats): void;
  /**
   * `count` values, oldest first, each the greatest of `secondsPerValue` seconds; the last one ends at `endSecond` (seconds since
   * 1970). Groups of seconds begin at multiples, so that a graph moves by whole columns.
   */
  series(metric: AnyMetric, count: number, endSecond: number, secondsPerValue: number): Float64Array;
}

export function createStatsHistory(): StatsHistory {
  const rings = new Map<AnyMetric, Float32Array>();
  let latest: CgroupStats | undefined;
  let lastSecond = 0;
  /** The reading that rates are counted from. */
  let rateBase: CgroupStats | undefined;

  const ringOf = (metric: AnyMetric): Float32Array => {
    const ring = rings.get(metric) ?? new Float32Array(HISTORY_SECONDS).fill(Number.NaN);
    rings.set(metric, ring);
    return ring;
  };
  const at = (metric: AnyMetric, second: number): number => {
    if (second > lastSecond || second <= lastSecond - HISTORY_SECONDS) return Number.NaN;
    return rings.get(metric)?.[second % HISTORY_SECONDS] ?? Number.NaN;
  };
  return {
    get latest() {
      return latest;
    },
    value: (metric) => at(metric, lastSecond),
    peakMemory: () => {
      let peak = 0;
      for (const value of rings.get('memory') ?? []) if (value > peak) peak = value;
      return peak;
    },
    add: (stats) => {
      if (latest !== undefined && stats.atMs <= latest.atMs) return;
      const second = Math.floor(stats.atMs / 1000);
      const isExtra = rateBase !== undefined && stats.atMs - rateBase.atMs < MIN_RATE_MS;
      for (const [metric, read] of toSample(isExtra ? undefined : rateBase, stats, rings.keys())) {
        const ring = ringOf(metric);
        const isRateKept = isExtra && Number.isNaN(read) && !LIMITS.has(metric);
        const value = isRateKept ? at(metric, lastSecond) : read;
        fillGap(ring, lastSecond, second, value);
        ring[second % HISTORY_SECONDS] = value;
      }
      lastSecond = second;
      latest = stats;
      if (!isExtra) rateBase = stats;
    },
    series: (metric, count, endSecond, secondsPerValue) => {
      const out = new Float64Array(count).fill(Number.NaN);
      const endGroup = Math.floor(endSecond / secondsPerValue);
      for (let i = 0; i < count; i++) {
        const first = (endGroup - count + 1 + i) * secondsPerValue;
        out[i] = maxOf(first, secondsPerValue, (second) => at(metric, second));
      }
      return out;
    },
  };
}

/** Sets the seconds between two readings: a few that were missed to the value of the second one, many to nothing. */
function fillGap(ring: Float32Array, lastSecond: number, second: number, value: number): void {
  const filling = second - lastSecond <= HELD_SECONDS ? value : Number.NaN;
  for (let s = Math.max(lastSecond + 1, second - HISTORY_SECONDS + 1); s < second; s++)
    ring[s % HISTORY_SECONDS] = filling;
}

function maxOf(first: number, count: number, valueAt: (second: number) => number): number {
  let max = Number.NaN;
  for (let second = first; second < first + count; second++) {
    const value = valueAt(second);
    if (!Number.isNaN(value) && !(value <= max)) max = value;
  }
  return max;
}

type Rate = (read: (stats: CgroupStats) => number | undefined) => number;

/** How fast a counter has grown, by the second. */
function createRate(before: CgroupStats | undefined, now: CgroupStats): Rate {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  return (read) => {
    if (before === undefined || seconds <= 0) return Number.NaN;
    const change = (read(now) ?? Number.NaN) - (read(before) ?? Number.NaN);
    // A counter that fell belongs to another life of the container.
    return change < 0 ? Number.NaN : change / seconds;
  };
}

/** What a reading says; of metrics that were `known` and are not in it, as those of an interface that is gone, that there is nothing. */
function toSample(
  before: CgroupStats | undefined,
  now: CgroupStats,
  known: Iterable<AnyMetric>,
): ReadonlyMap<AnyMetric, number> {
  const rate = createRate(before, now);
  const periods = rate((stats) => stats.cpu.periods);
  const names = Object.keys(now.network?.interfaces ?? {});
  return new Map<AnyMetric, number>([
    ...[...known].map((metric) => [metric, Number.NaN] as const),
    ['cpu', rate((stats) => stats.cpu.usageUs) / 1e6],
    ['cpuLimit', (now.cpu.limitNanoCpus ?? Number.NaN) / 1e9],
    ['throttled', periods > 0 ? rate((stats) => stats.cpu.throttledPeriods) / periods : periods],
    ['memory', now.memory.workingSetBytes],
    ['memoryLimit', now.memory.limitBytes ?? Number.NaN],
    ['networkIn', rate((stats) => stats.network?.receivedBytes)],
    ['networkOut', rate((stats) => stats.network?.sentBytes)],
    ['ioRead', rate((stats) => stats.io.readBytes)],
    ['ioWrite', rate((stats) => stats.io.writeBytes)],
    ['pressure', now.pressure?.memory.someAvg10 ?? Number.NaN],
    ...names.map((name) => [`in ${name}`, rate(({ network }) => network?.interfaces?.[name]?.receivedBytes)] as const),
    ...names.map((name) => [`out ${name}`, rate(({ network }) => network?.interfaces?.[name]?.sentBytes)] as const),
  ]);
}
