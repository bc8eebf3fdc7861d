import type { CgroupStats } from '../model/cgroup-stats.js';
import { createSampleRings, HISTORY_SECONDS } from './sample-rings.js';

export type Metric =
  | 'cpu'
  | 'cpuLimit'
  | 'throttled'
  | 'memory'
  | 'memoryLimit'
  | 'memoryAnon'
  | 'memoryKernel'
  | 'memoryFile'
  | 'networkIn'
  | 'networkOut'
  | 'ioRead'
  | 'ioWrite'
  | 'pids'
  | 'pidsLimit'
  | 'pressureCpu'
  | 'pressureMemory'
  | 'pressureIo';

/** Bytes that came into an interface of the container, or went out of it; by the interface's name inside. */
export type InterfaceMetric = `${'in' | 'out'} ${string}`;

export type AnyMetric = Metric | InterfaceMetric;

/** A reading this soon after another, as after a change of limits, gives no rate of its own: it would be noise. */
const MIN_RATE_MS = 500;
/** Metrics in which NaN is a value: no limit. */
const LIMITS: ReadonlySet<string> = new Set<Metric>(['cpuLimit', 'memoryLimit', 'pidsLimit']);
/** Interfaces of one container that have a history: their names are the container's to choose. */
export const MAX_INTERFACES = 8;

/**
 * The last ten minutes of one container. Units: `cpu` and `cpuLimit` in CPUs (1.5 is one and a half), `throttled` the share of
 * periods 0..1, memory in bytes, rates in bytes per second, pressures the share of time in which some task waited, in percent.
 * NaN: not read, or no limit.
 */
export interface StatsHistory {
  readonly latest: CgroupStats | undefined;
  /** What the samples take, bytes; bounded by the metrics and `MAX_INTERFACES`. */
  readonly byteLength: number;
  /** Highest memory reading of the last `seconds`, bytes; of all that is kept when absent. */
  peakMemory(seconds?: number): number;
  value(metric: AnyMetric): number;
  /** Of `seconds` from `first` on (since 1970): the greatest value and the mean of those that were read. */
  summary(metric: AnyMetric, first: number, seconds: number): { readonly max: number; readonly mean: number };
  add(stats: CgroupStats): void;
  /**
   * `count` values, oldest first, each the greatest of `secondsPerValue` seconds; the last one ends at `endSecond` (seconds since
   * 1970). Groups of seconds begin at multiples, so that a graph moves by whole columns.
   */
  series(metric: AnyMetric, count: number, endSecond: number, secondsPerValue: number): Float64Array;
  /**
   * As `series` of what adds up: of each group the values of that second in which the sum is the greatest, so that no sum is shown
   * that never was.
   */
  stack(
    metrics: readonly AnyMetric[],
    count: number,
    endSecond: number,
    secondsPerValue: number,
  ): readonly Float64Array[];
}

export function createStatsHistory(): StatsHistory {
  const rings = createSampleRings<AnyMetric>();
  /** When each interface was last there, in seconds. */
  const interfaces = new Map<string, number>();
  let latest: CgroupStats | undefined;
  /** The reading that rates are counted from. */
  let rateBase: CgroupStats | undefined;
  return {
    get latest() {
      return latest;
    },
    get byteLength() {
      return rings.byteLength;
    },
    value: (metric) => rings.at(metric, rings.lastSecond),
    peakMemory: (seconds = HISTORY_SECONDS) => rings.max('memory', rings.lastSecond - seconds + 1, seconds) || 0,
    summary: (metric, first, seconds) => ({
      max: rings.max(metric, first, seconds),
      mean: rings.mean(metric, first, seconds),
    }),
    add: (stats) => {
      if (latest !== undefined && stats.atMs <= latest.atMs) return;
      const second = Math.floor(stats.atMs / 1000);
      const isExtra = rateBase !== undefined && stats.atMs - rateBase.atMs < MIN_RATE_MS;
      for (const gone of trackInterfaces(interfaces, stats, second)) {
        rings.drop(`in ${gone}`);
        rings.drop(`out ${gone}`);
      }
      const known = { metrics: rings.names(), interfaces: interfaces.keys() };
      const sample = toSample(isExtra ? undefined : rateBase, stats, known);
      if (isExtra) keepRates(sample, (metric) => rings.at(metric, rings.lastSecond));
      rings.write(second, sample);
      latest = stats;
      if (!isExtra) rateBase = stats;
    },
    series: rings.series,
    stack: rings.stack,
  };
}

/** A reading that gives no rates has those of the one before it. */
function keepRates(sample: Map<AnyMetric, number>, before: (metric: AnyMetric) => number): void {
  for (const [metric, value] of sample)
    if (Number.isNaN(value) && !LIMITS.has(metric)) sample.set(metric, before(metric));
}

/** Notes which interfaces are there; gives those whose last sample has been forgotten. */
function trackInterfaces(seen: Map<string, number>, stats: CgroupStats, second: number): readonly string[] {
  const gone = [...seen].filter(([, last]) => last <= second - HISTORY_SECONDS).map(([name]) => name);
  for (const name of gone) seen.delete(name);
  for (const name of Object.keys(stats.network?.interfaces ?? {}))
    if (seen.has(name) || seen.size < MAX_INTERFACES) seen.set(name, second);
  return gone;
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

interface Known {
  readonly metrics: Iterable<AnyMetric>;
  readonly interfaces: Iterable<string>;
}

/** What a reading says; of metrics that were known and are not in it, as those of an interface that is gone, that there is nothing. */
function toSample(before: CgroupStats | undefined, now: CgroupStats, known: Known): Map<AnyMetric, number> {
  const rate = createRate(before, now);
  const periods = rate((stats) => stats.cpu.periods);
  const names = [...known.interfaces].filter((name) => now.network?.interfaces?.[name] !== undefined);
  return new Map<AnyMetric, number>([
    ...[...known.metrics].map((metric) => [metric, Number.NaN] as const),
    ['cpu', rate((stats) => stats.cpu.usageUs) / 1e6],
    ['cpuLimit', (now.cpu.limitNanoCpus ?? Number.NaN) / 1e9],
    ['throttled', periods > 0 ? rate((stats) => stats.cpu.throttledPeriods) / periods : periods],
    ['memory', now.memory.workingSetBytes],
    ['memoryLimit', now.memory.limitBytes ?? Number.NaN],
    ['memoryAnon', now.memory.anonBytes],
    ['memoryKernel', now.memory.kernelBytes],
    ['memoryFile', now.memory.fileBytes],
    ['networkIn', rate((stats) => stats.network?.receivedBytes)],
    ['networkOut', rate((stats) => stats.network?.sentBytes)],
    ['ioRead', rate((stats) => stats.io.readBytes)],
    ['ioWrite', rate((stats) => stats.io.writeBytes)],
    ['pids', now.pids.current],
    ['pidsLimit', now.pids.max ?? Number.NaN],
    ['pressureCpu', now.pressure?.cpu.someAvg10 ?? Number.NaN],
    ['pressureMemory', now.pressure?.memory.someAvg10 ?? Number.NaN],
    ['pressureIo', now.pressure?.io.someAvg10 ?? Number.NaN],
    ...names.map((name) => [`in ${name}`, rate(({ network }) => network?.interfaces?.[name]?.receivedBytes)] as const),
    ...names.map((name) => [`out ${name}`, rate(({ network }) => network?.interfaces?.[name]?.sentBytes)] as const),
  ]);
}
