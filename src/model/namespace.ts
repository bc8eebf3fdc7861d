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

/** A network interface of a network namespace, with its addresses as `address/prefix`. */
export interface NetworkInterface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** A way out of a network namespace. proc_pid_net(5) */
export interface NetworkRoute {
  /** `default`, or a subnet. */
  readonly destination: string;
  /** Absent where the interface itself leads there. */
  readonly gateway?: string;
  readonly interfaceName: string;
}

/** A mount of a mount namespace. proc_pid_mountinfo(5) */
export interface MountPoint {
  readonly target: string;
  readonly fileSystem: string;
  /** What is mounted, as the file system says. */
  readonly source: string;
  /** The directory of the file system that is mounted; `/` for all of it. */
  readonly root: string;
  readonly isReadOnly: boolean;
}

/** What a process sees of networks and files. */
export interface ProcessSurroundings {
  readonly interfaces: readonly NetworkInterface[];
  readonly routes: readonly NetworkRoute[];
  /** In the order in which they were made; of two at one target the later one is seen. */
  readonly mounts: readonly MountPoint[];
}
