import type { Duplex, Readable, Writable } from 'node:stream';
import type { ContainerFilter, Engine } from '../engine/engine.js';
import type { ApiOptions, RunningApi } from '../model/api-options.js';
import type { Container } from '../model/container.js';
import type { ContextStore } from '../model/context.js';
import type { EngineLocation } from '../model/engine-location.js';
import type { FlagSpec, Flags, FlagValues } from '../model/flags.js';
import type { HostCapability } from '../model/host-capability.js';
import type { OciRuntime, OciRuntimeSettings } from '../model/oci-runtime.js';
import type {
  GarbageOptions,
  GarbageReport,
  RegistryOptions,
  RegistryOutput,
  RunningRegistry,
} from '../model/registry-options.js';

/** One command as data; command-table.ts holds them all. */
export interface CommandSpec {
  /** Its names, groups in front: `container ls`, `ps`. Messages use the one that was typed. */
  readonly names: readonly string[];
  /** What follows the name in the usage line: `[OPTIONS] CONTAINER [CONTAINER...]`. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly FlagSpec[];
  /** Least and most operands. */
  readonly operands: readonly [number, number];
  /** False where flags end at the first operand, because what follows belongs to the container. */
  readonly interspersed?: boolean;
  /** What its operands are, for completion. */
  readonly completes?: 'container' | 'running' | 'image' | 'volume' | 'network';
  readonly hidden?: boolean;
  readonly load: () => Promise<RunCommand>;
}

/** Runs a command; resolves with the exit code. What it rejects with is printed, and mapped by exit-codes.ts. */
export type RunCommand = (call: CommandCall) => Promise<number>;

export interface CommandCall {
  /** As it was typed: `ps` or `container ls`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly values: FlagValues;
  readonly cli: Cli;
}

/** What a command has of the world. */
export interface Cli {
  readonly stdin: CliInput;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** As writeOutput to `stdout`, which is not made for it: that takes 5 ms. */
  print(data: string | Uint8Array): Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  /** The whole table. */
  readonly commands: readonly CommandSpec[];
  nowMs(): number;
  /** Opens the engine at the first call. */
  engine(): Promise<Engine>;
  /** Those of that engine; where they can be told without opening it, it is not opened. */
  listContainers(filter: ContainerFilter): Promise<readonly Container[]>;
  /** The one of this process, where no flag says otherwise; `settings` take the place of what flags and variables say. */
  ownEngine(settings?: EngineLocation): Promise<Engine>;
  /** Where flags and variables look for the engine. */
  readonly location: EngineLocation;
  /** Tells whoever has started this process as a service how it stands: sd_notify(3). Rejects: unavailable. */
  notifyManager(lines: readonly string[]): Promise<void>;
  /** Names of engines that the user has. */
  contexts(): Promise<ContextStore>;
  /** What this host can do; works where no engine can be opened. */
  hostCapabilities(): Promise<readonly HostCapability[]>;
  /** Serves a registry until it is stopped; without a folder, the one below the engine's root. */
  serveRegistry(options: RegistryRequest, output: RegistryOutput): Promise<RunningRegistry>;
  /** Serves Docker's API of an engine until it is stopped. */
  serveApi(engine: Engine, options: ApiOptions): Promise<RunningApi>;
  /** The same on a connection that is there, until it is closed. */
  serveConnection(engine: Engine, connection: Duplex, options: Pick<ApiOptions, 'warn'>): Promise<void>;
  /** The runtime of bundles, for which there need be no engine. */
  ociRuntime(settings: OciRuntimeSettings): Promise<OciRuntime>;
  collectRegistryGarbage(folder: string | undefined, options: Omit<GarbageOptions, 'nowMs'>): Promise<GarbageReport>;
  /** Signs what a reference means in its registry with the private key in a file; resolves with its digest. */
  signImage(reference: string, keyFile: string, passphrase: string | undefined): Promise<string>;
  /** The payloads about it that one of the public keys has signed. */
  verifyImage(reference: string, keyFiles: readonly string[]): Promise<readonly string[]>;
  /** Aborts when the user interrupts, unless a signal listener is there. */
  readonly interrupted: AbortSignal;
  /** Takes the process's signals over until the returned function is called. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
}

export interface RegistryRequest extends Omit<RegistryOptions, 'folder'> {
  readonly folder?: string | undefined;
  /** Serve the images of the engine, read-only. */
  readonly hasEngineImages: boolean;
}

export interface CliInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

export interface CliOutput extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
