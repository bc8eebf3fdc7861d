import type { DockerApi } from './docker-api.js';

/** A container engine that is driven from this process. Its containers have Docker's defaults for all but their network. */
export interface Peer {
  readonly name: string;
  /** A container of the busybox image that will run `command`; its id. */
  create(command: readonly string[]): Promise<string>;
  /** Resolves when the program runs. */
  start(id: string): Promise<void>;
  /** Starts it and resolves with its exit code once it has ended. */
  startToExit(id: string): Promise<number>;
  /** Runs a command in a container that runs; its exit code. */
  exec(id: string, command: readonly string[]): Promise<number>;
  /** Kills and removes it. */
  remove(id: string): Promise<void>;
  /** Process ids of what stands by a running container (the monitor, the shim), the container's own left out. */
  keepers(id: string): readonly number[];
  /** Process ids of the server that all of its containers need, shims and monitors left out; absent where there is none. */
  readonly servers?: () => readonly number[];
  /** Absent where its containers have no network of their own to be reached in. */
  readonly network?: {
    /** Of a container that runs. */
    find(id: string): Promise<NetworkPlace>;
    /** A process in the network that is the host of its containers. */
    readonly hostPid: number;
  };
  /** Absent where it is not driven through Docker's API. */
  readonly api?: DockerApi;
  /** What a person types, with the program first; absent where there is no such command. */
  readonly commands?: { readonly runTrue: readonly string[]; readonly ps: readonly string[] };
  /** Ends what was started for the peer and removes all of it. */
  close(): Promise<void>;
}

export interface NetworkPlace {
  /** In the container. */
  readonly pid: number;
  /** On the bridge. */
  readonly address: string;
}

/** What every peer is opened with. */
export interface PeerSettings {
  /** For state: an empty folder of the peer's own. */
  readonly folder: string;
  /** Root file system of one static busybox, as a folder and as a tar. */
  readonly rootfs: string;
  readonly rootfsTar: string;
  /** A name for cgroups and images that nobody else has. */
  readonly uniqueName: string;
  /** Of its containers. */
  readonly network: 'none' | 'bridge';
}

/** Undefined where the peer is not installed; throws the reason where it is and cannot run. */
export type OpenPeer = (settings: PeerSettings) => Promise<Peer | undefined> | Peer | undefined;
