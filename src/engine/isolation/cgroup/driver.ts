import type { CgroupStats } from '../../../model/cgroup-stats.js';
import type { Limits, LimitsPatch } from '../../../model/limits.js';
import type { LimitsPreview } from '../../engine.js';
import type { SpecDeviceRule } from '../oci-spec.js';

/** Which container's group; `parent` as in `--cgroup-parent`, the driver's own default where absent. */
export interface CgroupName {
  readonly id: string;
  readonly parent?: string;
}

/** What the plan of a container needs to know of its group: native/README.md, settings 15, 16, 17 and 20. */
export interface CgroupPaths {
  /** `cgroup-v1`: one folder per v1 hierarchy. */
  readonly v1: readonly string[];
  /** `cgroup-v2`: the folder in the unified hierarchy. */
  readonly v2?: string;
  /** `oom`: where OOM kills are counted; absent without a memory controller. */
  readonly oom?: { readonly version: 'v1' | 'v2'; readonly directory: string };
  /** `cgroup-remove`: the unified one first, because it alone has cgroup.kill. */
  readonly remove: readonly string[];
}

export interface CgroupSettings {
  readonly limits: Limits;
  /** OCI's `linux.resources.devices`. */
  readonly devices: readonly SpecDeviceRule[];
}

export interface CheckedLimits {
  /** What will be written: completed (`-m` alone gives twice as much memory and swap), less what the kernel lacks. */
  readonly limits: Limits;
  /** A sentence for each limit that the kernel lacks. */
  readonly warnings: readonly string[];
}

/** cgroup v1 (with or without the unified hierarchy beside) or v2. */
export interface CgroupDriver {
  /** Of the controllers that hold limits. */
  readonly version: 1 | 2;
  /**
   * How device rules are enforced: by files of v1, which `create` writes; by a program on the group's unified folder, which
   * the monitor loads; or not at all: there who makes nodes could open any device, and must not get CAP_MKNOD.
   */
  readonly deviceControl: 'files' | 'program' | 'none';
  /** Rejects by throwing: invalid-argument, in Docker's words. */
  check(limits: Limits): CheckedLimits;
  /**
   * Makes the group and writes everything before there is a process. `limits` are checked ones. On failure nothing is
   * left.
   */
  create(name: CgroupName, settings: CgroupSettings): Cgroup;
  /** The group by its name, whether or not it exists. Touches nothing. */
  open(name: CgroupName): Cgroup;
  /** Ids of the groups below the driver's own parent, in any hierarchy: for finding strays. */
  list(): readonly string[];
  /**
   * Removes the driver's own parent from every hierarchy where no group is left in it. A group that another engine makes
   * meanwhile stays, and the next create makes the parent anew.
   */
  removeParent(): void;
}

/** One container's group. Holds no descriptor; any number of these can name the same group. */
export interface Cgroup {
  readonly paths: CgroupPaths;
  exists(): boolean;
  /** Members, those of nested groups too. */
  processes(): readonly number[];
  /** What the kernel holds, said in the fields of `asked`: nanoCpus or period and quota, device paths. */
  readLimits(asked: Limits): Limits;
  /** What update would do. Changes nothing. */
  preview(before: Limits, patch: LimitsPatch): LimitsPreview;
  /**
   * Takes the kernel from `before` to the patched limits and resolves with what it reads back. A failure leaves the
   * kernel as it was. Rejects: invalid-argument, conflict (more memory in use than the new limit and it cannot go).
   */
  update(before: Limits, patch: LimitsPatch): Promise<CheckedLimits>;
  /** Keeps descriptors until closed. `pid`, any process in the container's own network namespace, adds its network. */
  openStats(pid?: number): StatsReader;
  /** Resolves when every process stands still. Rejects: conflict (it did not happen within 10 s; undone). */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** True from the beginning of a freeze on. */
  isFrozen(): boolean;
  /**
   * SIGKILL to every member, also when frozen; resolves when the group is empty. The group is spent then: since Linux 6.14
   * nothing can be cloned into one on which cgroup.kill was used.
   */
  kill(): Promise<void>;
  /** Kills what is in it and removes every folder. Nothing to do is fine. */
  remove(): Promise<void>;
}

export interface StatsReader {
  /**
   * Undefined once the group has gone. Counters that become rates (CPU time, bytes) and memory in use are read each
   * time. The rest is read in turn: memory by kind at every 4th reading, pids, pressure and throttling at every 8th, peak
   * and a network of `lo` alone at every 16th. OOM kills (16th) and limits (64th) are what events tell of: see refresh. The
   * first reading reads everything.
   */
  read(): CgroupStats | undefined;
  /** Makes the next reading read everything: after an event `oom` or `update`. */
  refresh(): void;
  close(): void;
}
