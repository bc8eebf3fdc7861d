import type { CpuStats, IoStats, MemoryStats } from '../../../model/cgroup-stats.js';
import type { StatsReader } from './driver.js';
import {
  addNetwork,
  addPressure,
  LIMITS_EVERY,
  numberAfter,
  openSources,
  parseLimit,
  type StatsSources,
} from './stats-sources.js';
import type { V1Group } from './v1-group.js';

/** Where v1 figures come from; `unified` gives pressure. Kernel: admin-guide/cgroup-v1. */
export interface V1StatsGroup extends V1Group {
  readonly unified?: string;
}

export function openV1Stats(group: V1StatsGroup, pid?: number): StatsReader {
  const sources = openSources(group.files);
  const cpu = addCpu(sources, group);
  const memory = addMemory(sources, group);
  const pids = addPids(sources, group);
  const io = addIo(sources, group);
  const pressure = group.unified === undefined ? () => undefined : addPressure(sources, group.unified);
  const network = addNetwork(sources, pid);
  return {
    read() {
      sources.begin();
      const cpuNow = cpu();
      if (cpuNow === undefined) return undefined;
      const networkNow = network();
      const pressureNow = pressure();
      return {
        atMs: Date.now(),
        cpu: cpuNow,
        memory: memory(),
        pids: pids(),
        io: io(),
        ...(networkNow && { network: networkNow }),
        ...(pressureNow && { pressure: pressureNow }),
      };
    },
    refresh: sources.refresh,
    close: sources.close,
  };
}

function fileOf(group: V1Group, controller: string, file: string): string {
  return `${group.folders.get(controller) ?? '/nowhere'}/${file}`;
}

function addCpu(sources: StatsSources, group: V1StatsGroup): () => CpuStats | undefined {
  const times = addTimes(sources, group);
  const throttling = sources.add(fileOf(group, 'cpu', 'cpu.stat'), 8, (text) => ({
    periods: numberAfter(text, 'nr_periods '),
    throttledPeriods: numberAfter(text, 'nr_throttled '),
    throttledUs: Math.round(numberAfter(text, 'throttled_time ') / 1000),
  }));
  const quota = sources.add(fileOf(group, 'cpu', 'cpu.cfs_quota_us'), LIMITS_EVERY, Number);
  const period = sources.add(fileOf(group, 'cpu', 'cpu.cfs_period_us'), LIMITS_EVERY, Number);
  return () => {
    const now = times();
    if (now === undefined) return undefined;
    const { usageUs, userUs, systemUs } = now;
    const { periods, throttledPeriods, throttledUs } = throttling() ?? NEVER_THROTTLED;
    const stats = { usageUs, userUs, systemUs, periods, throttledPeriods, throttledUs };
    const [quotaUs, periodUs] = [quota() ?? -1, period() ?? 0];
    const isLimited = quotaUs > 0 && periodUs > 0;
    return isLimited ? { ...stats, limitNanoCpus: Math.round((quotaUs / periodUs) * 1e9) } : stats;
  };
}

const NEVER_THROTTLED = { periods: 0, throttledPeriods: 0, throttledUs: 0 };

type CpuTimes = Pick<CpuStats, 'usageUs' | 'userUs' | 'systemUs'>;

/**
 * The sum each time; which part is the kernel's is asked for less often, and the rest is the programs'. One file of one
 * number costs half of cpu.stat on v2.
 */
function addTimes(sources: StatsSources, group: V1Group): () => CpuTimes | undefined {
  const usage = sources.add(fileOf(group, 'cpuacct', 'cpuacct.usage'), 1, Number);
  const system = sources.add(fileOf(group, 'cpuacct', 'cpuacct.usage_sys'), 8, Number);
  return () => {
    const usageNs = usage();
    if (usageNs === undefined) return undefined;
    const systemNs = system() ?? 0;
    return {
      usageUs: Math.round(usageNs / 1000),
      userUs: Math.round(Math.max(0, usageNs - systemNs) / 1000),
      systemUs: Math.round(systemNs / 1000),
    };
  };
}

function addMemory(sources: StatsSources, group: V1Group): () => MemoryStats {
  const usage = sources.add(fileOf(group, 'memory', 'memory.usage_in_bytes'), 1, Number);
  const kinds = sources.add(fileOf(group, 'memory', 'memory.stat'), 4, (text) => ({
    anonBytes: numberAfter(text, 'total_rss '),
    fileBytes: numberAfter(text, 'total_cache '),
    inactiveFileBytes: numberAfter(text, 'total_inactive_file '),
    // The least of this group's and its parents'.
    limitBytes: numberAfter(text, 'hierarchical_memory_limit '),
  }));
  const kernel = sources.add(fileOf(group, 'memory', 'memory.kmem.usage_in_bytes'), 16, Number);
  const peak = sources.add(fileOf(group, 'memory', 'memory.max_usage_in_bytes'), 16, Number);
  const ooms = sources.add(fileOf(group, 'memory', 'memory.oom_control'), 16, (text) => numberAfter(text, 'oom_kill '));
  return () => {
    const currentBytes = usage() ?? 0;
    const now = kinds() ?? { anonBytes: 0, fileBytes: 0, inactiveFileBytes: 0, limitBytes: 0 };
    const peakBytes = peak();
    return {
      currentBytes,
      workingSetBytes: Math.max(0, currentBytes - now.inactiveFileBytes),
      anonBytes: now.anonBytes,
      fileBytes: now.fileBytes,
      kernelBytes: kernel() ?? 0,
      // Remembered from an earlier reading, it may have been passed since.
      ...(peakBytes !== undefined && { peakBytes: Math.max(peakBytes, currentBytes) }),
      ...(now.limitBytes > 0 && now.limitBytes < 2 ** 62 && { limitBytes: now.limitBytes }),
      oomKills: ooms() ?? 0,
    };
  };
}

function addPids(sources: StatsSources, group: V1Group) {
  const current = sources.add(fileOf(group, 'pids', 'pids.current'), 8, Number);
  const most = sources.add(fileOf(group, 'pids', 'pids.max'), LIMITS_EVERY, parseLimit);
  return () => {
    const max = most();
    return { current: current() ?? 0, ...(max !== undefined && { max }) };
  };
}

function addIo(sources: StatsSources, group: V1Group): () => IoStats {
  const bytes = sources.add(fileOf(group, 'blkio', 'blkio.throttle.io_service_bytes_recursive'), 1, parseReadWrite);
  const operations = sources.add(fileOf(group, 'blkio', 'blkio.throttle.io_serviced_recursive'), 8, parseReadWrite);
  return () => {
    const [bytesNow, operationsNow] = [bytes(), operations()];
    return {
      readBytes: bytesNow?.read ?? 0,
      writeBytes: bytesNow?.write ?? 0,
      readOperations: operationsNow?.read ?? 0,
      writeOperations: operationsNow?.write ?? 0,
    };
  };
}

/** Lines of `8:0 Read 4096`, one device after the other, and a `Total`. */
function parseReadWrite(text: string): { readonly read: number; readonly write: number } {
  const sum = { read: 0, write: 0 };
  if (text.startsWith('Total')) return sum;
  for (const line of text.split('\n')) {
    const [, kind, count] = line.split(' ');
    if (kind === 'Read') sum.read += Number(count);
    else if (kind === 'Write') sum.write += Number(count);
  }
  return sum;
}
