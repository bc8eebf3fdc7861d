import { EngineError } from '../../../model/errors.js';
import { type DeviceRate, type Limits, MIN_MEMORY_BYTES } from '../../../model/limits.js';
import type { CheckedLimits } from './driver.js';
import { DEFAULT_REALTIME_PERIOD_US, parseCpuList } from './limit-values.js';

/** What limits are held against. */
export interface LimitsHost {
  readonly cpus: number;
  /** Lists such as `0-3`; what this host lets a group use. */
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  /** The kernel shares real time out by group. */
  readonly hasRealTime: boolean;
}

/** The most that the kernel takes, µs. */
const MAX_REALTIME_PERIOD_US = 2 ** 31 - 1;

/** Throws invalid-argument, in Docker's words where Docker has some, for completed limits that cannot be. */
export function validateLimits(limits: Limits, host: LimitsHost): void {
  const problem =
    findMemoryProblem(limits) ??
    findCpuProblem(limits, host) ??
    findCpusetProblem(limits, host) ??
    findCountProblem(limits) ??
    findDeviceProblem(limits);
  if (problem !== undefined) throw new EngineError('invalid-argument', problem);
}

function findMemoryProblem(limits: Limits): string | undefined {
  const { memoryBytes: memory, memorySwapBytes: swap, memoryReservationBytes: reservation } = limits;
  const swappiness = limits.memorySwappiness;
  if (memory !== undefined && !(memory >= MIN_MEMORY_BYTES)) return 'Minimum memory limit allowed is 4MB';
  if (memory === undefined && swap !== undefined && swap !== 'unlimited') {
    return 'You should always set the Memory limit when using Memoryswap limit, see usage';
  }
  if (memory !== undefined && typeof swap === 'number' && swap < memory) {
    return 'Minimum memoryswap limit should be larger than memory limit, see usage';
  }
  if (reservation !== undefined && !(reservation >= MIN_MEMORY_BYTES)) {
    return 'Minimum memory reservation allowed is 4MB';
  }
  if (memory !== undefined && reservation !== undefined && reservation > memory) {
    return 'Minimum memory limit can not be less than memory reservation limit, see usage';
  }
  if (swappiness !== undefined && !isWhole(swappiness, 0, 100)) {
    return `Invalid value: ${swappiness}, valid memory swappiness range is 0-100`;
  }
  return undefined;
}

function findCpuProblem(limits: Limits, host: LimitsHost): string | undefined {
  const { nanoCpus, cpuPeriodUs: period, cpuQuotaUs: quota } = limits;
  if (nanoCpus !== undefined) {
    if (period !== undefined) return 'Conflicting options: Nano CPUs and CPU Period cannot both be set';
    if (quota !== undefined) return 'Conflicting options: Nano CPUs and CPU Quota cannot both be set';
    if (!(nanoCpus >= 1e7 && nanoCpus <= host.cpus * 1e9)) {
      return `Range of CPUs is from 0.01 to ${host.cpus}.00, as there are only ${host.cpus} CPUs available`;
    }
  }
  return findPeriodProblem(limits) ?? findRealTimeProblem(limits, host) ?? findSharesProblem(limits);
}

function findPeriodProblem({ cpuPeriodUs: period, cpuQuotaUs: quota }: Limits): string | undefined {
  if (period !== undefined && !isWhole(period, 1000, 1_000_000)) {
    return 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)';
  }
  if (quota !== undefined && !isWhole(quota, 1000)) return 'CPU cfs quota can not be less than 1ms (i.e. 1000)';
  return undefined;
}

function findRealTimeProblem({ cpuRtPeriodUs, cpuRtRuntimeUs }: Limits, host: LimitsHost): string | undefined {
  if (cpuRtPeriodUs === undefined && cpuRtRuntimeUs === undefined) return undefined;
  if (!host.hasRealTime) return 'Your kernel does not support CPU real-time scheduler';
  const [period, runtime] = [cpuRtPeriodUs ?? DEFAULT_REALTIME_PERIOD_US, cpuRtRuntimeUs ?? 0];
  if (!isWhole(period, 1, MAX_REALTIME_PERIOD_US) || !isWhole(runtime, 0)) {
    return `invalid CPU real-time period ${period} and runtime ${runtime}: use microseconds, a period of at most ${MAX_REALTIME_PERIOD_US}`;
  }
  return runtime > period ? 'cpu real-time runtime cannot be higher than cpu real-time period' : undefined;
}

function findSharesProblem({ cpuShares: shares }: Limits): string | undefined {
  if (shares === undefined || isWhole(shares, 2, 262_144)) return undefined;
  return shares > 262_144 ? 'the maximum allowed cpu-shares is 262144' : 'the minimum allowed cpu-shares is 2';
}

function findCpusetProblem(limits: Limits, host: LimitsHost): string | undefined {
  return (
    findListProblem('cpus', limits.cpusetCpus, host.cpusetCpus) ??
    findListProblem('mems', limits.cpusetMems, host.cpusetMems)
  );
}

function findListProblem(kind: 'cpus' | 'mems', asked: string | undefined, available: string): string | undefined {
  if (asked === undefined) return undefined;
  const numbers = parseCpuList(asked);
  if (numbers === undefined) {
    return `Invalid value ${asked} for cpuset ${kind}: use a list such as 0-2,7`;
  }
  const allowed = parseCpuList(available);
  if (allowed !== undefined && [...numbers].some((number) => !allowed.has(number))) {
    const what = kind === 'cpus' ? 'CPUs' : 'memory nodes';
    return `Requested ${what} are not available - requested ${asked}, available: ${available}`;
  }
  return undefined;
}

function findCountProblem({ pidsMax, blkioWeight }: Limits): string | undefined {
  if (pidsMax !== undefined && !isWhole(pidsMax, 1)) return `invalid pids limit ${pidsMax}: use a number from 1`;
  if (blkioWeight !== undefined && !isWhole(blkioWeight, 10, 1000)) {
    return 'Range of blkio weight is from 10 to 1000';
  }
  return undefined;
}

function findDeviceProblem(limits: Limits): string | undefined {
  const weights = limits.blkioWeightDevices ?? [];
  const odd = weights.find(({ path, weight }) => !path.startsWith('/') || !isWhole(weight, 10, 1000));
  if (odd !== undefined) return `invalid weight for device: ${odd.path}:${odd.weight}`;
  const rates: readonly DeviceRate[] = [
    ...(limits.deviceReadBps ?? []),
    ...(limits.deviceWriteBps ?? []),
    ...(limits.deviceReadIops ?? []),
    ...(limits.deviceWriteIops ?? []),
  ];
  const wrong = rates.find(({ path, rate }) => !path.startsWith('/') || !isWhole(rate, 1));
  return wrong && `invalid rate ${wrong.rate} for device ${wrong.path}: use an absolute path and a number from 1`;
}

function isWhole(value: number, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

/** The limits without those that cannot be, and a warning for each of them that was asked for. */
export function dropFields(limits: Limits, asked: Limits, dropped: ReadonlyMap<keyof Limits, string>): CheckedLimits {
  const kept = Object.fromEntries(Object.entries(limits).filter(([key]) => !dropped.has(key as keyof Limits)));
  const warnings = [...dropped]
    .filter(([key]) => asked[key] !== undefined)
    .map(([key, reason]) =>
      key === 'blkioWeightDevices'
        ? 'Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.'
        : `Your kernel does not support ${key}: ${reason}. Limitation discarded.`,
    );
  return { limits: kept, warnings };
}
