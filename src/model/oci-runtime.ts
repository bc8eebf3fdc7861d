import type { CgroupStats } from './cgroup-stats.js';

/** The newest version of the OCI runtime spec that this runtime knows. */
export const OCI_VERSION = '1.2.0';

/** Folder of the states where none is named. */
export const DEFAULT_RUNTIME_ROOT = '/run/gantry-runtime';

/** OCI runtime spec, runtime.md, "State"; `paused` is beside it, as in runc. */
export type OciStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** What `state` prints: the state of the spec, and what runc adds. */
export interface OciState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: OciStatus;
  /** As this process sees it; 0 where there is no process. */
  readonly pid: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly rootfs: string;
  /** Date and time of RFC 3339. */
  readonly created: string;
  /** Name of the user who has made it. */
  readonly owner: string;
}

/** How a process of a container is connected to whoever asks for it. Its standard streams are those of this process. */
export interface OciStreams {
  /** A listening unix socket, which gets the terminal. */
  readonly consoleSocket?: string;
  /** A file for the pid of the process. */
  readonly pidFile?: string;
  /** As many of this process' descriptors from 3 on are the process' own too. */
  readonly preservedDescriptors: number;
}

export interface OciCreateOptions extends OciStreams {
  readonly bundle: string;
  /** False: the keys of the caller's session stay in reach. */
  readonly newKeyring: boolean;
}

export interface OciRunOptions extends OciCreateOptions {
  /** Do not wait for its end. */
  readonly detach: boolean;
  /** Leave the container when it has ended. */
  readonly keep: boolean;
}

/** What `exec` says of its process: a whole one in a file, or what is other than with the container's own. */
export interface OciExecOptions extends OciStreams {
  readonly detach: boolean;
  readonly ignorePaused: boolean;
  /** A file with `process` of a config.json. */
  readonly processFile?: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** `K=V`. */
  readonly env: readonly string[];
  /** Numbers, `UID` or `UID:GID`. */
  readonly user?: string;
  readonly additionalGids: readonly number[];
  /** Names with `CAP_`. */
  readonly capabilities: readonly string[];
  readonly terminal: boolean;
  readonly noNewPrivileges: boolean;
}

/** A process that was made. */
export interface OciProcess {
  /** 0 at once where it is not waited for; 128 and the number of a signal that has ended it. */
  readonly exit: Promise<number>;
  /** By the name of the signal. */
  kill(signal: NodeJS.Signals): void;
  /** The terminal of this process has another size: so has the other's, where this one stands between. */
  resize(): void;
}

/** One process in a container, as this process sees it. */
export interface OciProcessRow {
  readonly uid: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
}

export interface OciRuntimeSettings {
  /** Folder of the states. */
  readonly root: string;
  warn(message: string): void;
}

/**
 * Containers of other people's bundles, one after the other and without an engine: what podman and containerd call a runtime.
 * Everything rejects with EngineError: not-found, conflict, invalid-argument (the bundle), not-implemented (what it asks for),
 * command-not-found, command-not-executable, internal.
 */
export interface OciRuntime {
  /** Resolves when the process waits for `start`. */
  create(id: string, options: OciCreateOptions): Promise<void>;
  start(id: string): Promise<void>;
  /** Create and start. */
  run(id: string, options: OciRunOptions): Promise<OciProcess>;
  state(id: string): OciState;
  list(): readonly OciState[];
  /** To its first process, or to all of them. */
  kill(id: string, signal: number, all: boolean): Promise<void>;
  /** By force: whatever its state is, and also where there is none. */
  delete(id: string, force: boolean): Promise<void>;
  exec(id: string, options: OciExecOptions): Promise<OciProcess>;
  /** `resources` as in `linux.resources` of a config.json. */
  update(id: string, resources: unknown): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  processes(id: string): readonly OciProcessRow[];
  readStats(id: string): Promise<CgroupStats>;
  /** Text of a config.json to begin with. */
  defaultConfig(): Promise<string>;
  /** What this runtime can do: features.md of the spec. */
  features(): Promise<unknown>;
}
