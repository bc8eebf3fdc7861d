import type { CgroupStats } from '../model/cgroup-stats.js';
import type { Container, Exec, ExecConfig, ExitedState } from '../model/container.js';
import type { ContainerConfig, NetworkAttachment } from '../model/container-config.js';
import type { DiskUsage } from '../model/disk-usage.js';
import type { EngineEvent } from '../model/events.js';
import type { LayerFiles } from '../model/file-tree.js';
import type { CheckOptions, CheckStep } from '../model/finding.js';
import type { HostCapability } from '../model/host-capability.js';
import type { ChainId, ContainerId, ContainerRef, ExecId, VolumeName } from '../model/ids.js';
import type {
  EmbeddedImage,
  EmbeddedImageName,
  HistoryEntry,
  Image,
  PullProgress,
  PushProgress,
} from '../model/image.js';
import type { FileChange, Layer } from '../model/layer.js';
import type { LimitsPatch } from '../model/limits.js';
import type { Namespace, ProcessSecurity, ProcessSurroundings } from '../model/namespace.js';
import type { Network, NetworkConfig, NetworkDetails, NetworkStray } from '../model/network.js';
import type {
  FoundRepository,
  GivenCredentials,
  LoginReport,
  RegistryCredentials,
  RemoteImage,
  RemoteManifest,
} from '../model/registry.js';
import type { ServiceSettings } from '../model/service-settings.js';
import type { Volume, VolumeConfig } from '../model/volume.js';
import type {
  AttachedStreams,
  AttachOptions,
  BootstrapOptions,
  BuildOptions,
  BuildProgress,
  ByteStream,
  Cancellable,
  CommitOptions,
  ContainerFilter,
  ContainerSize,
  ContainerUpdate,
  CopyOptions,
  CreatedContainer,
  CreatedNetwork,
  EngineInfo,
  EngineSettings,
  EngineVersion,
  EventOptions,
  ImportOptions,
  LayerPath,
  LimitsPreview,
  LogEntry,
  LogOptions,
  PathStat,
  ProcessRow,
  PruneOptions,
  PruneReport,
  RegistryOptions,
  RemovedImage,
  SaveOptions,
  SearchOptions,
  StartOptions,
  StopOptions,
  TerminalSize,
  UpdatedContainer,
  WaitOptions,
  WriteArchiveOptions,
} from './engine-values.js';

export type * from './engine-values.js';

/**
 * The one way to a container engine. LocalEngine runs it in this process; RemoteEngine speaks to any Docker-compatible
 * socket. Every method rejects with EngineError and with nothing else. Lists are snapshots. Streams end when their
 * signal aborts, and release what they hold.
 */
export interface Engine {
  readonly containers: ContainerService;
  readonly images: ImageService;
  readonly networks: NetworkService;
  readonly volumes: VolumeService;
  readonly system: SystemService;
  readonly registries: RegistryService;
  /** Absent where the endpoint cannot tell, as over Docker's API. */
  readonly namespaces?: NamespaceService;
  /** Absent where the endpoint cannot tell, as over Docker's API. */
  readonly layers?: LayerService;
  /** Starts with the events since `sinceMs` that are still in the journal, then follows; ends at `untilMs`. */
  events(options?: EventOptions): AsyncIterable<EngineEvent>;
  /** Leaves running containers running. */
  close(): Promise<void>;
}

export interface ContainerService {
  /** Newest first. */
  list(filter?: ContainerFilter): Promise<readonly Container[]>;
  /** Resolves a full id, a name, or a unique id prefix, in that order. Rejects: not-found, invalid-argument (ambiguous). */
  inspect(ref: ContainerRef): Promise<Container>;
  /** Rejects: not-found (image), conflict (name in use), invalid-argument. */
  create(config: ContainerConfig): Promise<CreatedContainer>;
  /** Resolves when the program runs. Rejects: not-modified (runs already), command-not-found, command-not-executable, conflict. */
  start(ref: ContainerRef, options?: StartOptions): Promise<void>;
  /** The stop signal, then SIGKILL after `timeoutMs` (-1: never; absent: the container's own, 10 000 by default). Rejects: not-modified. */
  stop(ref: ContainerRef, options?: StopOptions): Promise<void>;
  restart(ref: ContainerRef, options?: StopOptions): Promise<void>;
  /** Sends a signal, `SIGKILL` by default; a name with or without SIG, or a number. Rejects: conflict (not running). */
  kill(ref: ContainerRef, signal?: string): Promise<void>;
  pause(ref: ContainerRef): Promise<void>;
  unpause(ref: ContainerRef): Promise<void>;
  rename(ref: ContainerRef, name: string): Promise<void>;
  /** Changes limits and restart policy of a created or running container; resolves once the kernel has taken them, with what it reads back. */
  update(ref: ContainerRef, change: ContainerUpdate): Promise<UpdatedContainer>;
  /** What would happen if the limits were changed; changes nothing. */
  previewUpdate(ref: ContainerRef, patch: LimitsPatch): Promise<LimitsPreview>;
  /** Resolves at the next exit that is not followed by a restart, or at once if it is not running. */
  wait(ref: ContainerRef, options?: WaitOptions): Promise<ExitedState>;
  /** Rejects: conflict (running and not `force`). */
  remove(ref: ContainerRef, options?: { readonly force?: boolean; readonly volumes?: boolean }): Promise<void>;
  prune(options?: PruneOptions): Promise<PruneReport>;
  /** On a created container the streams begin with its start, and nothing of its output is missed. */
  attach(ref: ContainerRef, options?: AttachOptions): Promise<AttachedStreams>;
  logs(ref: ContainerRef, options?: LogOptions): AsyncIterable<LogEntry>;
  /** One reading at once, then one every `intervalMs` (default 1 000). Ends when the container does. */
  stats(ref: ContainerRef, options?: Cancellable & { readonly intervalMs?: number }): AsyncIterable<CgroupStats>;
  /** One reading of each that runs; the others are left out. For callers that keep their own tick. */
  readStats(ids: readonly ContainerId[]): Promise<ReadonlyMap<ContainerId, CgroupStats>>;
  /** Walks the files, so it takes its time; those that are gone are left out. Absent where the endpoint cannot tell. */
  readSizes?(ids: readonly ContainerId[]): Promise<ReadonlyMap<ContainerId, ContainerSize>>;
  top(ref: ContainerRef): Promise<readonly ProcessRow[]>;
  changes(ref: ContainerRef): Promise<readonly FileChange[]>;
  /** What is at `path`, without its content; follows no link at its end. Rejects: not-found. */
  statPath(ref: ContainerRef, path: string): Promise<PathStat>;
  /** A tar of `path`, named by its base name. Rejects: not-found. */
  readArchive(ref: ContainerRef, path: string, options?: Cancellable): Promise<ByteStream>;
  /** Unpacks a tar into the directory `path`. Rejects: not-found, invalid-argument, permission-denied (read-only). */
  writeArchive(ref: ContainerRef, path: string, tar: ByteStream, options?: WriteArchiveOptions): Promise<void>;
  export(ref: ContainerRef): Promise<ByteStream>;
  commit(ref: ContainerRef, options: CommitOptions): Promise<Image>;
  /** Of its terminal; for callers that hold no streams of it. Rejects: not-found, conflict (not running). */
  resize(ref: ContainerRef, size: TerminalSize): Promise<void>;
  createExec(ref: ContainerRef, config: ExecConfig): Promise<ExecId>;
  startExec(id: ExecId, options?: AttachOptions): Promise<AttachedStreams>;
  /** Of its terminal, before its start too. Rejects: not-found, conflict (it has ended). */
  resizeExec(id: ExecId, size: TerminalSize): Promise<void>;
  inspectExec(id: ExecId): Promise<Exec>;
}

export interface ImageService {
  list(): Promise<readonly Image[]>;
  /** Resolves a reference, an id or a unique id prefix. Rejects: not-found. */
  inspect(ref: string): Promise<Image>;
  /**
   * Rejects: not-found (no such manifest, or none for the platform), unauthorized, unavailable (no connection), invalid-argument
   * (what came is not what it should be), cancelled; then nothing of it is left.
   */
  pull(ref: string, options?: RegistryOptions): AsyncIterable<PullProgress>;
  /** Sends what the registry does not have. Rejects: not-found (no such tag here), unauthorized, permission-denied, unavailable, cancelled. */
  push(ref: string, options?: RegistryOptions): AsyncIterable<PushProgress>;
  /**
   * From one registry to another, with all platforms and what refers to them, and nothing of it here. Rejects: not-found, unauthorized,
   * permission-denied, invalid-argument, unavailable, cancelled.
   */
  copy(source: string, target: string, options?: CopyOptions): AsyncIterable<PushProgress>;
  build(context: ByteStream, options: BuildOptions): AsyncIterable<BuildProgress>;
  tag(source: string, target: string): Promise<void>;
  remove(ref: string, options?: { readonly force?: boolean }): Promise<readonly RemovedImage[]>;
  /** Those without a name that no container has; with `all` those with a name too. */
  prune(options?: PruneOptions & { readonly all?: boolean }): Promise<PruneReport>;
  history(ref: string): Promise<readonly HistoryEntry[]>;
  /** A Docker archive that is an OCI layout too. */
  save(refs: readonly string[], options?: SaveOptions): Promise<ByteStream>;
  /** A Docker archive or OCI layout, plain or compressed. Rejects: invalid-argument (hostile or broken archive), leaving nothing. */
  load(tar: ByteStream, options?: Cancellable): AsyncIterable<PullProgress>;
  /** A root file system tar, plain or compressed, becomes an image of one layer. */
  import(tar: ByteStream, options?: ImportOptions): Promise<Image>;
  /** The images that need no network and no archive. */
  embedded(): Promise<readonly EmbeddedImage[]>;
  addEmbedded(name: EmbeddedImageName): Promise<Image>;
  /** Makes an image from a distribution's own packages with debootstrap. Rejects: unavailable. */
  bootstrap(options: BootstrapOptions): AsyncIterable<PullProgress>;
}

/** Registries, beside the images that come from them and go to them. A server is `host[:port]`; Docker Hub is `docker.io`. */
export interface RegistryService {
  /** Asks the registry, then keeps what it takes, for pulls and pushes to come. Rejects: unauthorized, unavailable. */
  login(server: string, credentials: RegistryCredentials, options?: Cancellable): Promise<LoginReport>;
  /**
   * Asks the registry whether it takes them, and keeps nothing. Resolves with the identity token that stands for the password, where the
   * registry gives one. Rejects: unauthorized, unavailable, invalid-argument.
   */
  authenticate(server: string, credentials: GivenCredentials, options?: Cancellable): Promise<string | undefined>;
  /** The user name that is kept for a server, and a new check of what is kept; undefined where nothing is. */
  checkLogin(server: string, options?: Cancellable): Promise<string | undefined>;
  /** False if nothing was kept. */
  logout(server: string): Promise<boolean>;
  /** Repositories whose name or description fits; of another registry than Docker Hub by `host/term`. */
  search(term: string, options?: SearchOptions): Promise<readonly FoundRepository[]>;
  /** What a registry has under a reference, without the image. Rejects: not-found. */
  manifest(ref: string, options?: RegistryOptions): Promise<RemoteManifest>;
  /** The same as programs want to know it: Docker's distribution. Rejects: not-found, unauthorized, permission-denied, unavailable. */
  describe(ref: string, options?: RegistryOptions): Promise<RemoteImage>;
  /** Sorted. Rejects: not-found. */
  tags(ref: string, options?: RegistryOptions): Promise<readonly string[]>;
}

export interface NetworkService {
  /** Sorted by name, the default ones included. */
  list(): Promise<readonly Network[]>;
  /** Resolves a full id, a name, or a unique id prefix, in that order. Rejects: not-found, invalid-argument (ambiguous). */
  inspect(ref: string): Promise<NetworkDetails>;
  /**
   * Rejects: conflict (name or interface taken), permission-denied (subnet in use, predefined name), not-found (driver),
   * invalid-argument (no pool is free too), unavailable (the host cannot make it); then nothing of it is left.
   */
  create(config: NetworkConfig): Promise<CreatedNetwork>;
  /** Rejects: not-found, permission-denied (running containers are in it, predefined). */
  remove(ref: string): Promise<void>;
  /**
   * A running container has it at once. Rejects: not-found, permission-denied (it is in it already, the address is taken), conflict,
   * invalid-argument, not-implemented (kernel parameters for a container that runs), internal (no address is left).
   */
  connect(ref: string, container: ContainerRef, attachment?: Omit<NetworkAttachment, 'network'>): Promise<void>;
  /** Rejects: not-found (it is not in it too), conflict, invalid-argument (the host's). `force`: a container that is gone is no error. */
  disconnect(ref: string, container: ContainerRef, options?: { readonly force?: boolean }): Promise<void>;
  /** Those of the user's that no container is in. */
  prune(options?: PruneOptions): Promise<PruneReport>;
  /** Removes, and tells, what crashes have left of networks on the host, and makes rules again that others have removed; `preview` only tells. */
  check(options?: { readonly preview?: boolean }): Promise<readonly NetworkStray[]>;
}

export interface VolumeService {
  list(): Promise<readonly Volume[]>;
  inspect(name: VolumeName): Promise<Volume>;
  /** One of that name that is there already is what it is. Rejects: invalid-argument, not-found (driver). */
  create(config: VolumeConfig): Promise<Volume>;
  /** Rejects: conflict (a container has it). */
  remove(name: VolumeName, options?: { readonly force?: boolean }): Promise<void>;
  /** Bytes of their files, which takes its time; what is gone or has options is left out. Absent where the endpoint cannot tell. */
  readSizes?(names: readonly VolumeName[]): Promise<ReadonlyMap<VolumeName, number>>;
  /** A tar of all that is in it, holes left out. Absent where the endpoint cannot. Rejects: not-found. */
  export?(name: VolumeName, options?: Cancellable): Promise<ByteStream>;
  /**
   * Unpacks a tar, plain or compressed, over what is in it; makes the volume if it is missing. Rejects: invalid-argument (hostile
   * or broken archive; a volume that was empty and that no container has is then as it was).
   */
  import?(name: VolumeName, tar: ByteStream, options?: Cancellable): Promise<void>;
  /**
   * What is in it, as one layer; walks the files, so it takes its time. Links are told and not followed. Absent where the endpoint
   * cannot tell. Rejects: not-found.
   */
  files?(name: VolumeName): Promise<LayerFiles>;
  /** A tar of `path` in the volume, which links do not lead out of; named by its base name. Rejects: not-found. */
  readArchive?(name: VolumeName, path: string, options?: Cancellable): Promise<ByteStream>;
  /** The anonymous ones that no container has; with `all` those with a name too; never those with options. */
  prune(options?: PruneOptions & { readonly all?: boolean }): Promise<PruneReport>;
}

export interface NamespaceService {
  /** Those of every running container and the host's own. */
  list(): Promise<readonly Namespace[]>;
  /** What the first process of a running container may do. Rejects: not-found, conflict (not running). */
  security(ref: ContainerRef): Promise<ProcessSecurity>;
  /** Its network interfaces, routes and mounts. Rejects: not-found, conflict (not running). */
  surroundings(ref: ContainerRef): Promise<ProcessSurroundings>;
}

export interface LayerService {
  list(): Promise<readonly Layer[]>;
  inspect(id: ChainId): Promise<Layer>;
  /** An image's stack, lowest first. */
  ofImage(ref: string): Promise<readonly Layer[]>;
  /**
   * What is in each layer of an image, answered from the layers' indexes; for a layer without one that is made first,
   * which takes as long as reading the layer. Rejects: not-found.
   */
  filesOfImage(ref: string): Promise<LayerFiles>;
  /** The same of a container's image, with what the container itself changed so far as the layer on top. */
  filesOfContainer(ref: ContainerRef): Promise<LayerFiles>;
  /**
   * A tar of `path` as it is with the image's layers up to the one of this number, counted from 0; it is named by the
   * last part of the path. Rejects: not-found, invalid-argument (no such layer).
   */
  readArchive(ref: string, source: LayerPath, options?: Cancellable): Promise<ByteStream>;
  /** Where the image's layers are on the host, top first; none where the storage driver does not stack them. */
  foldersOf?(ref: string): Promise<readonly string[]>;
}

/** Shares of the last 10 s in which something on the host waited for each. */
export type HostPressure = NonNullable<CgroupStats['pressure']>;

export interface SystemService {
  ping(): Promise<void>;
  version(): Promise<EngineVersion>;
  info(): Promise<EngineInfo>;
  /** Absent where the endpoint cannot tell. */
  settings?(): Promise<EngineSettings>;
  /** Takes settings for what begins from now on, and publishes the event `reload`. Absent where the endpoint cannot. Rejects: invalid-argument. */
  reload?(settings: ServiceSettings): Promise<void>;
  /** What waits on the host; undefined where its kernel does not tell. Absent where the endpoint cannot, as over Docker's API. */
  pressure?(): Promise<HostPressure | undefined>;
  diskUsage(): Promise<DiskUsage>;
  /** What the host can and cannot do; the list behind `gantry doctor`. */
  capabilities(): Promise<readonly HostCapability[]>;
  /**
   * Looks whether all that is kept is whole, beside whatever else works on it. Rejects: cancelled. Absent where the endpoint
   * cannot tell, as over Docker's API.
   */
  check?(options?: CheckOptions): AsyncIterable<CheckStep>;
}
