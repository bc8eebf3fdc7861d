/** One throttle of one block device. `path` is the device node as the user named it, such as `/dev/vda`. */
export interface DeviceRate {
  readonly path: string;
  /** Bytes per second or operations per second, by the field that holds it; at least 1. */
  readonly rate: number;
}

/** The weight of one block device, 10..1000. */
export interface DeviceWeight {
  readonly path: string;
  readonly weight: number;
}

/** Resource limits of one container. An absent field means: no limit (or the kernel's default weight). */
export interface Limits {
  /** `--memory`, bytes; at least `MIN_MEMORY_BYTES`. */
  readonly memoryBytes?: number;
  /** `--memory-swap`: memory plus swap, bytes. The cgroup v2 driver subtracts memoryBytes before it writes. */
  readonly memorySwapBytes?: number | 'unlimited';
  /** `--memory-reservation`, bytes; at most memoryBytes. */
  readonly memoryReservationBytes?: number;
  /** `--memory-swappiness`, 0..100; cgroup v1 only. */
  readonly memorySwappiness?: number;
  /** `--oom-kill-disable`; cgroup v1 only. */
  readonly oomKillDisable?: boolean;
  /** `--cpus` times 1e9, as `NanoCpus` in Docker's API. Excludes cpuPeriodUs and cpuQuotaUs. */
  readonly nanoCpus?: number;
  /** `--cpu-period`, µs, 1 000..1 000 000. */
  readonly cpuPeriodUs?: number;
  /** `--cpu-quota`, µs per period, at least 1 000. */
  readonly cpuQuotaUs?: number;
  /** `--cpu-rt-runtime`, µs of each period that real-time programs may use; cgroup v1 only, with CONFIG_RT_GROUP_SCHED. */
  readonly cpuRtRuntimeUs?: number;
  /** `--cpu-rt-period`, µs, default 1 000 000. */
  readonly cpuRtPeriodUs?: number;
  /** `--cpu-shares`, relative weight 2..262144, default 1024. */
  readonly cpuShares?: number;
  /** `--cpuset-cpus`, a list such as `0-2,7`. */
  readonly cpusetCpus?: string;
  /** `--cpuset-mems`, a list such as `0-1`. */
  readonly cpusetMems?: string;
  /** `--pids-limit`, tasks. */
  readonly pidsMax?: number;
  /** `--blkio-weight`, 10..1000. */
  readonly blkioWeight?: number;
  /** `--blkio-weight-device`: the other devices keep blkioWeight. */
  readonly blkioWeightDevices?: readonly DeviceWeight[];
  readonly deviceReadBps?: readonly DeviceRate[];
  readonly deviceWriteBps?: readonly DeviceRate[];
  readonly deviceReadIops?: readonly DeviceRate[];
  readonly deviceWriteIops?: readonly DeviceRate[];
}

/** A change to limits: an absent field stays as it is, `null` lifts the limit. */
export type LimitsPatch = { readonly [K in keyof Limits]?: Limits[K] | null };

/** The least `--memory` Gantry takes, bytes. Docker's own floor is 6 MiB; a shell runs in 4. */
export const MIN_MEMORY_BYTES: number = 4 * 1024 * 1024;

/** The limits after a change; fields that the patch lifts are gone from the result. */
export function applyLimitsPatch(limits: Limits, patch: LimitsPatch): Limits {
  const merged = { ...limits, ...patch };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined));
}
