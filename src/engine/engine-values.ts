import type { Container } from '../model/container.js';
import type { RestartPolicy } from '../model/container-config.js';
import type { ContainerId, NetworkId } from '../model/ids.js';
import type { Image, Platform } from '../model/image.js';
import type { Limits, LimitsPatch } from '../model/limits.js';
import type { GivenCredentials } from '../model/registry.js';

/** What goes into the calls of the engine and comes out of them; engine.ts has it too, for its callers. */

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface EventOptions extends Cancellable {
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

export interface SearchOptions extends Cancellable {
  /** Default 25. */
  readonly limit?: number;
}

export interface LayerPath {
  /** Default the topmost. */
  readonly layer?: number;
  /** Absolute inside the image. */
  readonly path: string;
}

/** Binary data from one producer to one consumer, with back-pressure. */
export type ByteStream = AsyncIterable<Uint8Array>;

export interface CreatedContainer {
  readonly id: ContainerId;
  /** What was asked for and is not done, a sentence each. */
  readonly warnings: readonly string[];
}

export interface CreatedNetwork {
  readonly id: NetworkId;
  readonly warnings: readonly string[];
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface StartOptions {
  /** Size of the terminal at its start; only for containers with a tty. */
  readonly terminal?: TerminalSize;
}

export interface StopOptions {
  readonly timeoutMs?: number;
  readonly signal?: string;
}

export interface WaitOptions extends Cancellable {
  readonly condition?: 'not-running' | 'next-exit' | 'removed';
}

export interface ContainerUpdate {
  readonly limits?: LimitsPatch;
  readonly restartPolicy?: RestartPolicy;
}

export interface UpdatedContainer {
  /** As read back from the kernel where the container runs. */
  readonly limits: Limits;
  readonly warnings: readonly string[];
}

/** `reclaim`: page cache must go first; `oom-risk`: below what cannot be reclaimed; `refused`: the engine would reject it. */
export interface LimitsPreview {
  readonly outcome: 'ok' | 'reclaim' | 'oom-risk' | 'refused';
  readonly message: string;
}

export interface AttachedStreams {
  /** With a tty, everything is `stdout`. Ends when the process has ended and its output is read. */
  readonly output: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }>;
  write(bytes: Uint8Array): Promise<void>;
  closeStdin(): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  detach(): Promise<void>;
  /**
   * Has a connection of this process read and written by the container's own parent, past this process. Resolves with nothing where that
   * cannot be, and then all is as before. Where it can, `output` ends behind what had come before. Absent where there is no such way.
   */
  handOver?(offer: ConnectionOffer): Promise<HandOver | undefined>;
}

export interface ConnectionOffer {
  /** Of a connected socket, in this process. */
  readonly descriptor: number;
  /** Output in Docker's frames; else its bytes. */
  readonly isFramed: boolean;
  /** Looked for in what is typed. */
  readonly detachKeys?: Uint8Array | undefined;
  /** Resolves when nothing waits to be written to it, and all that was read from it has been used; from then on it is not read. */
  prepare(): Promise<void>;
}

export interface HandOver {
  /**
   * Begins, once `output` has ended and was written. `bytes` had been read from the connection and are still to be used; behind them the
   * first `matchedKeys` of the detach keys were typed. The caller has nothing to do with the connection any more, and closes its own
   * descriptor. Resolves when the process has ended or the other side has left, which is told as `detach` tells it.
   */
  begin(unused: { readonly bytes: Uint8Array; readonly matchedKeys: number }): Promise<void>;
}

export interface AttachOptions extends Cancellable {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Replays the log first. */
  readonly replay?: boolean;
}

export interface LogOptions extends Cancellable {
  readonly follow?: boolean;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly tailLines?: number;
  /** Both by default. */
  readonly streams?: readonly ('stdout' | 'stderr')[];
}

/** One record of the log: a line with its line feed, or a part of a line longer than 16 KiB. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds, UTC. */
  readonly time: string;
  readonly atMs: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface ContainerFilter {
  /** Default false: running, paused and restarting ones only, as `docker ps`. */
  readonly all?: boolean;
  readonly status?: readonly Container['state']['status'][];
  readonly labels?: Readonly<Record<string, string | undefined>>;
  readonly name?: string;
}

/** Docker's SizeRw and SizeRootFs, bytes. */
export interface ContainerSize {
  /** Of the container's own layer. */
  readonly writableBytes: number;
  /** Of that and the image's layers. */
  readonly rootfsBytes: number;
}

export interface PruneFilter {
  /** Only what was made before. */
  readonly untilMs?: number;
  readonly labels?: Readonly<Record<string, string | undefined>>;
  readonly withoutLabels?: Readonly<Record<string, string | undefined>>;
}

export interface PruneOptions extends PruneFilter {
  /** Remove nothing, and tell what would be. */
  readonly preview?: boolean;
  /** With `preview`: as if these containers had been removed. */
  readonly without?: readonly ContainerId[];
}

export interface PathStat {
  readonly name: string;
  readonly sizeBytes: number;
  /** Type and permission bits of st_mode. */
  readonly mode: number;
  readonly modifiedAtMs: number;
  readonly linkTarget?: string;
}

export interface WriteArchiveOptions extends Cancellable {
  readonly noOverwriteDirNonDir?: boolean;
  /** Give all to the user whom the container names, if it names one; else uid and gid are the archive's. */
  readonly copyUidGid?: boolean;
}

export interface ImportOptions extends Cancellable {
  readonly reference?: string;
  readonly message?: string;
  /** Dockerfile instructions such as `CMD ["sh"]`, as `--change` takes them. */
  readonly changes?: readonly string[];
  readonly platform?: Platform;
}

export interface BootstrapOptions extends Cancellable {
  readonly distribution: 'debian';
  readonly suite?: string;
  readonly reference?: string;
}

export interface RegistryOptions extends Cancellable {
  readonly platform?: Platform;
  /** Those that the user has logged in with, when absent. */
  readonly credentials?: GivenCredentials;
}

export interface SaveOptions extends Cancellable {
  /** A part is there only until the next one is asked for, which is several times faster. */
  readonly reuse?: boolean;
}

export interface CopyOptions extends Cancellable {
  /** This one alone; default: all that the index has. */
  readonly platform?: Platform;
  /** Without signatures, attestations and what else has it as its subject. */
  readonly withoutReferrers?: boolean;
}

export interface BuildOptions extends Cancellable {
  readonly dockerfile?: string;
  readonly tags: readonly string[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly noCache?: boolean;
  readonly target?: string;
}

export type BuildProgress =
  | { readonly kind: 'step'; readonly index: number; readonly count: number; readonly instruction: string }
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'cached'; readonly index: number }
  | { readonly kind: 'done'; readonly image: Image };

export interface CommitOptions {
  readonly reference?: string;
  readonly author?: string;
  readonly message?: string;
  /** Pause the container meanwhile; default true. */
  readonly pause?: boolean;
  readonly changes?: readonly string[];
}

export interface PruneReport {
  readonly removed: readonly string[];
  readonly reclaimedBytes: number;
}

export type RemovedImage = { readonly untagged: string } | { readonly deleted: string };

export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  /** Name in the host's passwd, or the number. */
  readonly user: string;
  readonly cpuSeconds: number;
  readonly startedAtMs: number;
  readonly terminal: string;
  readonly rssBytes: number;
  readonly command: string;
}

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly os: string;
  readonly arch: string;
  readonly kernel: string;
  /** What Docker's clients show as the name of the server; absent: Gantry. */
  readonly platform?: string;
  /** The programs that an endpoint is made of; absent: it is one. */
  readonly components?: readonly EngineComponent[];
}

export interface EngineComponent {
  readonly name: string;
  readonly version: string;
  /** Under Docker's names: ApiVersion, GoVersion, GitCommit and the like. */
  readonly details: Readonly<Record<string, string>>;
}

export interface EngineInfo {
  readonly id: string;
  readonly name: string;
  /** Where it is reached, as `--host` takes it; absent: it is in this process. */
  readonly endpoint?: string;
  readonly rootDir?: string;
  readonly runRootDir?: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cgroupVersion: 1 | 2;
  /** Docker's name of what keeps new layers, such as `overlay2`. */
  readonly storageDriver: string;
  /** What is told of it, in Docker's words and order. */
  readonly storageStatus: readonly (readonly [name: string, value: string])[];
  readonly rootless: boolean;
  readonly operatingSystem: string;
}

/** How an engine was set when it was opened, and what its user's files say. */
export interface EngineSettings {
  /** `host`, `host:port` or CIDR ranges; loopback is always among them. */
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  /** Without passwords; empty where there is none. */
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
  /** New containers have user ids of their own. */
  readonly isRemapped: boolean;
  readonly isDebug: boolean;
  /** Of the engine, `key=value`. */
  readonly labels: readonly string[];
  /** What of it cannot be read. */
  readonly warnings: readonly string[];
}
