import type { ContainerConfig, NetworkAttachment, PortBinding } from './container-config.js';
import type { ContainerMount } from './container-mount.js';
import type { ContainerId, ExecId, ImageId, NetworkId } from './ids.js';
import type { Limits } from './limits.js';

/** A process that cannot be mistaken for another that got its pid later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, clock ticks since boot. */
  readonly startTicks: number;
}

/**
 * The state of a container. One tag instead of Docker's seven booleans; api/wire/container.ts derives those.
 * Legal transitions: container-state.ts.
 */
export type ContainerState =
  | { readonly status: 'created' }
  | RunningState
  | PausedState
  | RestartingState
  | ExitedState
  | { readonly status: 'removing' }
  | { readonly status: 'dead'; readonly reason: string };

export interface RunningState {
  readonly status: 'running';
  readonly init: ProcessIdentity;
  readonly startedAtMs: number;
  readonly health?: Health;
}

export interface PausedState {
  readonly status: 'paused';
  readonly init: ProcessIdentity;
  readonly startedAtMs: number;
  readonly health?: Health;
}

export interface RestartingState {
  readonly status: 'restarting';
  readonly lastExitCode: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly nextAttemptAtMs: number;
}

export interface ExitedState {
  readonly status: 'exited';
  /** 0..255; 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly oomKilled: boolean;
  /** Why a start failed before the program ran; Docker's State.Error. */
  readonly error?: string;
}

export interface Health {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The last five probes, oldest first. */
  readonly log: readonly HealthProbe[];
}

export interface HealthProbe {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** At most 4 096 bytes of the probe's output. */
  readonly output: string;
}

export interface Container {
  readonly id: ContainerId;
  /** Without a leading slash. */
  readonly name: string;
  readonly config: ContainerConfig;
  readonly imageId: ImageId;
  /** What runs: the image's and the user's settings joined. */
  readonly process: ContainerProcess;
  readonly limits: Limits;
  readonly createdAtMs: number;
  readonly state: ContainerState;
  readonly restartCount: number;
  readonly networks: readonly ContainerEndpoint[];
  /** With the host's port that was chosen; absent while it does not run. */
  readonly publishedPorts?: readonly PortBinding[];
  /** Those of its configuration and of the image's volumes, sources resolved; absent where the endpoint does not tell. */
  readonly mounts?: readonly ContainerMount[];
  /** Of the execs that are made or run; absent in a list. */
  readonly execIds?: readonly ExecId[];
  /** Hidden from it, and read-only for it; absent in a list. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  /** Where the engine keeps files of this container on the host; absent over Docker's API where it does not say. */
  readonly paths?: ContainerPaths;
}

/** The process as it is started: image config and container config joined, before names are looked up in the image. */
export interface ContainerProcess {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly user: string;
  readonly stopSignal: string;
}

export interface ContainerPaths {
  readonly log?: string;
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
  /** Of its root; absent in a list. */
  readonly layers?: {
    /** Docker's name of the storage driver. */
    readonly driver: string;
    /** Top first; none where `upper` is the whole root. */
    readonly lowers: readonly string[];
    readonly upper: string;
    readonly work: string;
  };
}

/** A container's place in a network. Addresses are there while it runs, and bare. */
export interface ContainerEndpoint {
  /** Empty where the network was not there yet when the container was made: then `networkName` finds it. */
  readonly networkId: NetworkId | '';
  readonly networkName: string;
  /** 64 hex digits. */
  readonly endpointId: string;
  readonly attachment: NetworkAttachment;
  readonly ipAddress?: string;
  readonly prefixLength?: number;
  readonly gateway?: string;
  readonly ip6Address?: string;
  readonly ip6PrefixLength?: number;
  readonly ip6Gateway?: string;
  readonly macAddress?: string;
  /** Inside the container: `eth0` and so on. */
  readonly interfaceName?: string;
  /** Its number there. */
  readonly interfaceIndex?: number;
  /** Families in which others reach it at its address, with no port of the host. */
  readonly routed?: readonly (4 | 6)[];
  /** Who is giving it to a container that runs; absent once that is done. */
  readonly connector?: ProcessIdentity;
}

export interface ExecConfig {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of the container that it is not to have. */
  readonly unsetEnv?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
  readonly tty?: boolean;
  readonly stdin?: boolean;
  readonly privileged?: boolean;
  /** What its start attaches to where the client does not say then; default none. */
  readonly attach?: { readonly stdout?: boolean; readonly stderr?: boolean };
  /** Docker's sequence such as `ctrl-p,ctrl-q`. */
  readonly detachKeys?: string;
  /** Size of the terminal at its start; only with `tty`. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** SIGHUP when whoever is attached to its stdin leaves, however that is; without it the process goes on, as Docker's does. */
  readonly hangsUp?: boolean;
}

export interface Exec {
  readonly id: ExecId;
  readonly containerId: ContainerId;
  readonly config: ExecConfig;
  readonly state:
    | { readonly status: 'created' }
    | { readonly status: 'running'; readonly pid: number }
    | { readonly status: 'exited'; readonly exitCode: number };
}
