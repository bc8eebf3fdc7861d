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

const METRICS: readonly Metric[] = [
  'cpu',
  'cpuLimit',
  'throttled',
  'memory',
  'memoryLimit',
  'networkIn',
  'networkOut',
  'ioRead',
  'ioWrite',
  'pressure',
];

/** A reading this soon after another, as after a change of limits, gives no rate of its own: it would be noise. */
const MIN_RATE_MS = 500;
/** A second that the tick missed takes the next reading, whose rate is the mean over it. */
const HELD_SECONDS = 4;
/** Metrics in which NaN is a value: no limit. */
const LIMITS: ReadonlySet<Metric> = new Set<Metric>(['cpuLimit', 'memoryLimit']);

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
  value(metric: Metric): number;
  add(stats: CgroupStats): void;
  /**
   * `count` values, oldest first, each the greatest of `secondsPerValue` seconds; the last one ends at `endSecond` (seconds since
   * 1970). Groups of seconds begin at multiples, so that a graph moves by whole columns.
   */
  series(metric: Metric, count: number, endSecond: number, secondsPerValue: number): Float64Array;
}

export function createStatsHistory(): StatsHistory {
  const rings = new Map<Metric, Float32Array>(
    METRICS.map((metric) => [metric, new Float32Array(HISTORY_SECONDS).fill(Number.NaN)]),
  );
  let latest: CgroupStats | undefined;
  let lastSecond = 0;
  /** The reading that rates are counted from. */
  let rateBase: CgroupStats | undefined;

  const at = (metric: Metric, second: number): number => {
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
      const sample = toSample(isExtra ? undefined : rateBase, stats);
      for (const [metric, ring] of rings) {
        const isRateKept = isExtra && Number.isNaN(sample[metric]) && !LIMITS.has(metric);
        const value = isRateKept ? at(metric, lastSecond) : sample[metric];
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

function toSample(before: CgroupStats | undefined, now: CgroupStats): Record<Metric, number> {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const rate = (read: (stats: CgroupStats) => number | undefined): number => {
    if (before === undefined || seconds <= 0) return Number.NaN;
    const change = (read(now) ?? Number.NaN) - (read(before) ?? Number.NaN);
    // A counter that fell belongs to another life of the container.
    return change < 0 ? Number.NaN : change / seconds;
  };
  const periods = rate((stats) => stats.cpu.periods);
  return {
    cpu: rate((stats) => stats.cpu.usageUs) / 1e6,
    cpuLimit: (now.cpu.limitNanoCpus ?? Number.NaN) / 1e9,
    throttled: periods > 0 ? rate((stats) => stats.cpu.throttledPeriods) / periods : periods,
    memory: now.memory.workingSetBytes,
    memoryLimit: now.memory.limitBytes ?? Number.NaN,
    networkIn: rate((stats) => stats.network?.receivedBytes),
    networkOut: rate((stats) => stats.network?.sentBytes),
    ioRead: rate((stats) => stats.io.readBytes),
    ioWrite: rate((stats) => stats.io.writeBytes),
    pressure: now.pressure?.memory.someAvg10 ?? Number.NaN,
  };
}
