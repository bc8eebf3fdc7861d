/** One reading of a container's cgroup. Counters only grow; rates are the reader's business. */
export interface CgroupStats {
  /** Wall clock of the reading, ms since 1970. */
  readonly atMs: number;
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly pids: { readonly current: number; readonly max?: number };
  readonly io: IoStats;
  /** Sums over the interfaces of the container's network namespace but `lo`, bytes; absent with the host's network. */
  readonly network?: NetworkStats;
  /** Absent where the kernel has no pressure information for this cgroup. */
  readonly pressure?: { readonly cpu: Pressure; readonly memory: Pressure; readonly io: Pressure };
}

export interface CpuStats {
  /** CPU time used, µs. µs and not Docker's ns: 2^53 ns is only 104 CPU-days. */
  readonly usageUs: number;
  /** Its two parts. On cgroup v1 the second may be up to eight readings old, and what came since is counted to the first. */
  readonly userUs: number;
  readonly systemUs: number;
  /** Periods of the CFS bandwidth controller that passed, and those in which the group was throttled. */
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledUs: number;
  /** CPUs in force at the reading, times 1e9 (quota over period); absent: unlimited. */
  readonly limitNanoCpus?: number;
}

export interface MemoryStats {
  /** memory.current (v2) or memory.usage_in_bytes (v1), bytes. */
  readonly currentBytes: number;
  /** currentBytes less inactive file cache: the figure `docker stats` shows. */
  readonly workingSetBytes: number;
  /** Anonymous memory, page cache and kernel memory, bytes. */
  readonly anonBytes: number;
  readonly fileBytes: number;
  readonly kernelBytes: number;
  /** Highest currentBytes so far; absent where the kernel does not keep it. */
  readonly peakBytes?: number;
  /** Limit in force at the reading, bytes; absent: unlimited. */
  readonly limitBytes?: number;
  /** Processes of this group that the kernel's OOM killer ended. */
  readonly oomKills: number;
}

export interface IoStats {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly readOperations: number;
  readonly writeOperations: number;
}

export interface NetworkStats extends InterfaceStats {
  /** The same of each interface, by its name in the container; absent where the endpoint does not tell. */
  readonly interfaces?: Readonly<Record<string, InterfaceStats>>;
}

export interface InterfaceStats {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly sentPackets: number;
}

/** Share of the last 10 s in which some task (or all tasks) waited for the resource, percent. Kernel: accounting/psi.rst. */
export interface Pressure {
  readonly someAvg10: number;
  readonly fullAvg10: number;
}
