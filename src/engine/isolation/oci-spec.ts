/**
 * The part of the OCI runtime spec that the engine uses: config.json, runtime-spec config.md and config-linux.md. Names are the
 * spec's own, so that it can be written to a bundle as it is and run by any OCI runtime.
 */
export interface RuntimeSpec {
  readonly ociVersion: string;
  readonly process: SpecProcess;
  readonly root: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mounts: readonly SpecMount[];
  readonly linux: SpecLinux;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface SpecProcess {
  readonly terminal: boolean;
  readonly consoleSize?: { readonly width: number; readonly height: number };
  readonly user: SpecUser;
  readonly args: readonly string[];
  /** `K=V`. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: SpecCapabilities;
  readonly rlimits?: readonly SpecRlimit[];
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj?: number;
}

export interface SpecUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids: readonly number[];
}

/** Names with `CAP_`. */
export interface SpecCapabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly ambient: readonly string[];
}

/** `type` is `RLIMIT_NOFILE` and the like; unlimited is 2^64 - 1 in the spec, here `RLIM_INFINITY`. */
export interface SpecRlimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

export interface SpecMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
  /** Of a bind: a path in the source, in place of it. The runtime spec has no word for it. */
  readonly part?: string;
}

export interface SpecLinux {
  readonly namespaces: readonly SpecNamespace[];
  readonly uidMappings?: readonly SpecIdMapping[];
  readonly gidMappings?: readonly SpecIdMapping[];
  readonly devices: readonly SpecDevice[];
  readonly resources?: { readonly devices: readonly SpecDeviceRule[] };
  readonly cgroupsPath?: string;
  readonly rootfsPropagation?: string;
  readonly seccomp?: SpecSeccomp;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

export interface SpecNamespace {
  readonly type: 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';
  readonly path?: string;
}

export interface SpecIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface SpecDevice {
  readonly type: 'c' | 'b' | 'p';
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  /** Permission bits. */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface SpecDeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'c' | 'b';
  readonly major?: number;
  readonly minor?: number;
  /** Letters of `rwm`. */
  readonly access: string;
}

export interface SpecSeccomp {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SpecSyscall[];
}

export interface SpecSyscall {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly SpecSeccompArg[];
}

export interface SpecSeccompArg {
  readonly index: number;
  /** 0..2^64-1; above 2^53 it must be a bigint. */
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
  readonly op: SeccompOperator;
}

/** config-linux.md, "Seccomp": those that compileSeccomp knows. SCMP_ACT_NOTIFY needs somebody who listens. */
export const SECCOMP_ACTIONS = [
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_TRACE',
] as const;

export const SECCOMP_OPERATORS = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
] as const;

export type SeccompAction = (typeof SECCOMP_ACTIONS)[number];
export type SeccompOperator = (typeof SECCOMP_OPERATORS)[number];
