import type { CgroupStats, InterfaceStats } from '../../model/cgroup-stats.js';
import type { Container } from '../../model/container.js';
import { toWireTime, ZERO_TIME } from './time.js';

/** One object of `GET /containers/{id}/stats`: Docker Engine API 1.51, ContainerStatsResponse. Times are ns. */
export interface WireStats {
  readonly [key: string]: unknown;
  readonly name: string;
  readonly id: string;
  readonly read: string;
  readonly preread: string;
  readonly cpu_stats: WireCpuStats;
  readonly precpu_stats: WireCpuStats;
}

interface WireCpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** Of the host, all CPUs. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

/** A reading, and what of the host belongs to it. */
export interface StatsSample {
  readonly stats: CgroupStats;
  /** CPU time of the host since its boot, idle time included, ms. */
  readonly hostCpuMs: number;
}

export interface StatsHost {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cgroupVersion: 1 | 2;
}

/** Without a sample: of a container that does not run. `before`: the one that a percentage is taken from. */
export function toWireStats(
  { id, name }: Container,
  host: StatsHost,
  sample?: StatsSample,
  before?: StatsSample,
): WireStats {
  const { stats } = sample ?? {};
  return {
    name: `/${name}`,
    id,
    read: stats === undefined ? ZERO_TIME : toWireTime(stats.atMs),
    preread: before === undefined ? ZERO_TIME : toWireTime(before.stats.atMs),
    pids_stats:
      stats === undefined ? {} : { current: stats.pids.current, ...(stats.pids.max && { limit: stats.pids.max }) },
    blkio_stats: toBlockStats(stats),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: toCpuStats(host, sample),
    precpu_stats: toCpuStats(host, before),
    memory_stats: stats === undefined ? {} : toMemoryStats(stats, host),
    ...(stats?.network && { networks: toNetworks(stats.network) }),
  };
}

const NO_CPU: WireCpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

function toCpuStats({ cpus }: StatsHost, sample: StatsSample | undefined): WireCpuStats {
  if (sample === undefined) return NO_CPU;
  const { cpu } = sample.stats;
  return {
    cpu_usage: {
      total_usage: cpu.usageUs * 1000,
      usage_in_kernelmode: cpu.systemUs * 1000,
      usage_in_usermode: cpu.userUs * 1000,
    },
    system_cpu_usage: sample.hostCpuMs * 1_000_000,
    online_cpus: cpus,
    throttling_data: {
      periods: cpu.periods,
      throttled_periods: cpu.throttledPeriods,
      throttled_time: cpu.throttledUs * 1000,
    },
  };
}

/** Clients show usage without inactive page cache, under the name that each version of cgroups has for it. */
function toMemoryStats({ memory }: CgroupStats, { memoryBytes, cgroupVersion }: StatsHost): object {
  const inactive = memory.currentBytes - memory.workingSetBytes;
  const { anonBytes, fileBytes, kernelBytes } = memory;
  return {
    usage: memory.currentBytes,
    ...(cgroupVersion === 1 && memory.peakBytes !== undefined && { max_usage: memory.peakBytes }),
    stats:
      cgroupVersion === 1
        ? { cache: fileBytes, rss: anonBytes, inactive_file: inactive, total_inactive_file: inactive }
        : { anon: anonBytes, file: fileBytes, kernel: kernelBytes, inactive_file: inactive },
    limit: Math.min(memory.limitBytes ?? memoryBytes, memoryBytes),
  };
}

/** Sums over all devices: the device 0:0. */
function toBlockStats(stats: CgroupStats | undefined): object {
  const toEntries = (read: number, write: number) =>
    [
      ['read', read],
      ['write', write],
    ].map(([op, value]) => ({ major: 0, minor: 0, op, value }));
  return {
    io_service_bytes_recursive: stats === undefined ? null : toEntries(stats.io.readBytes, stats.io.writeBytes),
    io_serviced_recursive: stats === undefined ? null : toEntries(stats.io.readOperations, stats.io.writeOperations),
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  };
}

function toNetworks({ interfaces, ...sum }: NonNullable<CgroupStats['network']>): object {
  const all: Readonly<Record<string, InterfaceStats>> = interfaces ?? { eth0: sum };
  return Object.fromEntries(
    Object.entries(all).map(([name, one]) => [
      name,
      {
        rx_bytes: one.receivedBytes,
        rx_packets: one.receivedPackets,
        rx_errors: 0,
        rx_dropped: 0,
        tx_bytes: one.sentBytes,
        tx_packets: one.sentPackets,
        tx_errors: 0,
        tx_dropped: 0,
      },
    ]),
  );
}
