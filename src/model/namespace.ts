import type { ContainerId } from './ids.js';

export type NamespaceType = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';

/** One kernel namespace seen from the host; `inode` is the number in /proc/<pid>/ns/<type>. namespaces(7). */
export interface Namespace {
  readonly type: NamespaceType;
  readonly inode: number;
  /** True where it is the one the engine itself lives in. */
  readonly host: boolean;
  readonly pids: readonly number[];
  readonly containerIds: readonly ContainerId[];
}

/** One line of /proc/<pid>/uid_map. user_namespaces(7). */
export interface IdMapping {
  readonly insideId: number;
  readonly outsideId: number;
  readonly count: number;
}

/** What the kernel says a process may do, read from /proc/<pid>/status. capabilities(7), seccomp(2). */
export interface ProcessSecurity {
  readonly uid: number;
  readonly gid: number;
  /** Names without `CAP_`, in numeric order. */
  readonly capabilities: {
    readonly effective: readonly string[];
    readonly permitted: readonly string[];
    readonly inheritable: readonly string[];
    readonly bounding: readonly string[];
    readonly ambient: readonly string[];
  };
  readonly seccomp: 'disabled' | 'strict' | 'filter';
  readonly seccompFilters: number;
  readonly noNewPrivileges: boolean;
  readonly uidMap: readonly IdMapping[];
  readonly gidMap: readonly IdMapping[];
}
