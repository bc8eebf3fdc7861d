import type { Limits } from './limits.js';
import type { MountPropagation } from './mount-words.js';

/** What the user asked for; never changed by the engine except through update and rename. */
export interface ContainerConfig {
  readonly image: string;
  readonly name?: string;
  readonly command?: readonly string[];
  /** An empty list takes the image's entrypoint away. */
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that the image or the engine would give, and that it is not to have. */
  readonly unsetEnv?: readonly string[];
  readonly workingDir?: string;
  /** `user[:group]`, names or numbers. */
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly hostname?: string;
  readonly domainname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly openStdin?: boolean;
  /** Stdin closes when the first client that attached to it leaves; Docker's StdinOnce. */
  readonly stdinOnce?: boolean;
  readonly stopSignal?: string;
  readonly stopTimeoutMs?: number;
  readonly healthcheck?: Healthcheck;
  readonly limits?: Limits;
  readonly restartPolicy?: RestartPolicy;
  readonly namespaces?: NamespaceModes;
  readonly mounts?: readonly MountConfig[];
  readonly devices?: readonly DeviceConfig[];
  /** Rules such as `c 42:* rmw`. */
  readonly deviceCgroupRules?: readonly string[];
  readonly ulimits?: readonly Ulimit[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly security?: SecurityConfig;
  /** A small reaping init as pid 1 above the container's program. */
  readonly init?: boolean;
  readonly shmSizeBytes?: number;
  /** -1000..1000. */
  readonly oomScoreAdj?: number;
  readonly log?: LogConfig;
  readonly cgroupParent?: string;
  readonly ports?: readonly PortBinding[];
  /** In the order they were asked for; absent: the one that `namespaces.network` names. */
  readonly networks?: readonly NetworkAttachment[];
  readonly extraHosts?: readonly string[];
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  /** Such as `80/tcp`: shown, and what `publishAll` publishes. */
  readonly exposedPorts?: readonly string[];
  readonly publishAll?: boolean;
  /** `NAME[:ro|rw]`: containers whose mounts it gets too. */
  readonly volumesFrom?: readonly string[];
  /** Of the OCI runtime spec. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly autoRemove?: boolean;
  /** Size of the terminal where its start names none; only with `tty`. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

export type RestartPolicy =
  | { readonly name: 'no' | 'always' | 'unless-stopped' }
  | { readonly name: 'on-failure'; readonly maxRetries?: number };

/** Absent fields come from the image's HEALTHCHECK; `test: ['NONE']` takes it away. OCI/Docker image config. */
export interface Healthcheck {
  /** `['CMD', ...argv]`, `['CMD-SHELL', line]` or `['NONE']`. */
  readonly test?: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly startIntervalMs?: number;
  readonly retries?: number;
}

/** Docker's `--pid`, `--ipc`, `--uts`, `--network`, `--userns`, `--cgroupns`. `container:X` joins that container's. */
export interface NamespaceModes {
  readonly pid?: 'private' | 'host' | `container:${string}`;
  readonly ipc?: 'none' | 'private' | 'shareable' | 'host' | `container:${string}`;
  readonly uts?: 'private' | 'host';
  readonly network?: NetworkMode;
  /** `remap` takes the engine's subordinate ids; the engine's own default applies when absent. */
  readonly user?: 'host' | 'remap';
  readonly cgroup?: 'private' | 'host';
}

/** `default` is the engine's default network; any other word is the name or id of a network. */
export type NetworkMode = 'none' | 'host' | 'default' | `container:${string}` | (string & {});

export type MountConfig = MountKind & {
  /** Asked for by `--mount`, not by `-v` or `--tmpfs`: Docker's JSON keeps the two apart. */
  readonly isMountOption?: true;
};

type MountKind =
  | {
      readonly type: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly?: boolean;
      readonly propagation?: MountPropagation;
      /** Bind only the one file system, not what is mounted below it. */
      readonly nonRecursive?: boolean;
      /** Read-only is the bind itself, not what is mounted below it. */
      readonly writableBelow?: boolean;
      /** Make a missing source directory, as `-v` does and `--mount` does not. */
      readonly createSource?: boolean;
    }
  | {
      readonly type: 'volume';
      readonly source?: string;
      readonly target: string;
      readonly readOnly?: boolean;
      readonly noCopy?: boolean;
      /** A path in the volume, in place of all of it. */
      readonly subpath?: string;
      /** Of a volume that is made for it: as `VolumeConfig` has them. */
      readonly driver?: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly options?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly sizeBytes?: number;
      readonly mode?: number;
      /** Further options as Docker takes them: `ro`, `exec`, `uid=…`. */
      readonly options?: readonly string[];
    };

export interface DeviceConfig {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Letters of `rwm`. */
  readonly permissions: string;
}

/** `--ulimit`; -1 is unlimited. Names are those of getrlimit(2) without RLIMIT_, in lower case. */
export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

export interface SecurityConfig {
  readonly privileged?: boolean;
  readonly readOnlyRootfs?: boolean;
  readonly noNewPrivileges?: boolean;
  /** `CAP_` names, with or without the prefix, or `ALL`. */
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** `default`, `unconfined`, or the text of a profile in Docker's JSON. */
  readonly seccomp?: string;
  /** Replace Docker's lists when given; `systempaths=unconfined` gives empty ones. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export interface LogConfig {
  readonly driver: 'json-file' | 'none';
  /** Rotate at this size, bytes; absent: never. */
  readonly maxSizeBytes?: number;
  /** Files kept, the live one included; default 1. */
  readonly maxFiles?: number;
}

export interface PortBinding {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Absent: every address of the host. */
  readonly hostIp?: string;
  /** Absent: a free one, chosen at every start. */
  readonly hostPort?: number;
  /** The last of a range that begins with `hostPort`, of which a free one is chosen. */
  readonly hostPortEnd?: number;
}

/** One whose address and port on the host are known. */
export type BoundPort = PortBinding & { readonly hostIp: string; readonly hostPort: number };

/** What a container asks of one network it is in. Addresses are bare. */
export interface NetworkAttachment {
  /** Name or id, as it was typed; `default` is the default network. */
  readonly network: string;
  readonly aliases?: readonly string[];
  /** `NAME:ALIAS` of other containers. */
  readonly links?: readonly string[];
  readonly ipAddress?: string;
  readonly ip6Address?: string;
  readonly linkLocalIps?: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** The network with the greatest is the default route; default 0. */
  readonly gatewayPriority?: number;
}
