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
import type { V2Group } from './v2-limits.js';

/** Kernel: admin-guide/cgroup-v2.rst, "Interface Files" of each controller. */
export function openV2Stats({ files, folder }: V2Group, pid?: number): StatsReader {
  const sources = openSources(files);
  const cpu = addCpu(sources, folder);
  const memory = addMemory(sources, folder);
  const pidsCurrent = sources.add(`${folder}/pids.current`, 8, Number);
  const pidsMax = sources.add(`${folder}/pids.max`, LIMITS_EVERY, parseLimit);
  const io = sources.add(`${folder}/io.stat`, 1, parseIoStat);
  const pressure = addPressure(sources, folder);
  const network = addNetwork(sources, pid);
  return {
    read() {
      sources.begin();
      const cpuNow = cpu();
      if (cpuNow === undefined) return undefined;
      const [max, networkNow, pressureNow] = [pidsMax(), network(), pressure()];
      return {
        atMs: Date.now(),
        cpu: cpuNow,
        memory: memory(),
        pids: { current: pidsCurrent() ?? 0, ...(max !== undefined && { max }) },
        io: io() ?? { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 },
        ...(networkNow && { network: networkNow }),
        ...(pressureNow && { pressure: pressureNow }),
      };
    },
    refresh: sources.refresh,
    close: sources.close,
  };
}

function addCpu(sources: StatsSources, folder: string): () => CpuStats | undefined {
  const stat = sources.add(`${folder}/cpu.stat`, 1, (text) => ({
    usageUs: numberAfter(text, 'usage_usec '),
    userUs: numberAfter(text, 'user_usec '),
    systemUs: numberAfter(text, 'system_usec '),
    periods: numberAfter(text, 'nr_periods '),
    throttledPeriods: numberAfter(text, 'nr_throttled '),
    throttledUs: numberAfter(text, 'throttled_usec '),
  }));
  const limit = sources.add(`${folder}/cpu.max`, LIMITS_EVERY, (text) => {
    const [quota, period] = text.split(' ');
    return quota === 'max' ? undefined : Math.round((Number(quota) / Number(period)) * 1e9);
  });
  return () => {
    const now = stat();
    const limitNanoCpus = limit();
    return now && { ...now, ...(limitNanoCpus !== undefined && { limitNanoCpus }) };
  };
}

function addMemory(sources: StatsSources, folder: string): () => MemoryStats {
  const current = sources.add(`${folder}/memory.current`, 1, Number);
  const kinds = sources.add(`${folder}/memory.stat`, 4, parseMemoryStat);
  const limit = sources.add(`${folder}/memory.max`, LIMITS_EVERY, parseLimit);
  const peak = sources.add(`${folder}/memory.peak`, 16, Number);
  const ooms = sources.add(`${folder}/memory.events`, 16, (text) => numberAfter(text, 'oom_kill '));
  return () => {
    const currentBytes = current() ?? 0;
    const now = kinds() ?? { anonBytes: 0, fileBytes: 0, kernelBytes: 0, inactiveFileBytes: 0 };
    const [limitBytes, peakBytes] = [limit(), peak()];
    return {
      currentBytes,
      workingSetBytes: Math.max(0, currentBytes - now.inactiveFileBytes),
      anonBytes: now.anonBytes,
      fileBytes: now.fileBytes,
      kernelBytes: now.kernelBytes,
      // Remembered from an earlier reading, it may have been passed since.
      ...(peakBytes !== undefined && { peakBytes: Math.max(peakBytes, currentBytes) }),
      ...(limitBytes !== undefined && { limitBytes }),
      oomKills: ooms() ?? 0,
    };
  };
}

const KERNEL_PARTS = ['slab ', 'kernel_stack ', 'pagetables ', 'percpu ', 'sock '];

function parseMemoryStat(text: string) {
  // `kernel` is the sum since Linux 5.18.
  const kernel = numberAfter(text, 'kernel ');
  return {
    anonBytes: numberAfter(text, 'anon '),
    fileBytes: numberAfter(text, 'file '),
    kernelBytes: kernel || KERNEL_PARTS.reduce((sum, key) => sum + numberAfter(text, key), 0),
    inactiveFileBytes: numberAfter(text, 'inactive_file '),
  };
}

/** Lines of `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
function parseIoStat(text: string): IoStats {
  const sum = { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 };
  for (const word of text.split(/[ \n]/)) {
    const value = Number(word.slice(word.indexOf('=') + 1));
    if (word.startsWith('rbytes=')) sum.readBytes += value;
    else if (word.startsWith('wbytes=')) sum.writeBytes += value;
    else if (word.startsWith('rios=')) sum.readOperations += value;
    else if (word.startsWith('wios=')) sum.writeOperations += value;
  }
  return sum;
}
