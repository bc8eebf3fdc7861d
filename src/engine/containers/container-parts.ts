import type { ProcessIdentity } from '../../model/container.js';
import type { ContainerId, ImageId } from '../../model/ids.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import type { Logger } from '../../platform/logger.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import type { EventBus } from '../events/event-bus.js';
import type { ImageStore } from '../images/image-store.js';
import type { CgroupDriver } from '../isolation/cgroup/driver.js';
import type { HostFacts } from '../isolation/host-facts.js';
import type { IdMaps } from '../isolation/subordinate-ids.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { NetworkParts } from '../networks/network-parts.js';
import type { NetworkRoom } from '../networks/network-room.js';
import type { VolumeStore } from '../volumes/volume-store.js';
import type { AttachDesk } from './attach-desk.js';
import type { ContainerStore } from './container-store.js';
import type { EnginePaths } from './engine-paths.js';
import type { ExecStore } from './exec-store.js';
import type { Journal } from './journal.js';

/** What the verbs work with. local-engine.ts puts it together. */
export interface ContainerParts {
  readonly database: Database;
  readonly bus: EventBus;
  readonly store: ContainerStore;
  readonly execs: ExecStore;
  readonly journal: Journal;
  readonly desk: AttachDesk;
  readonly paths: EnginePaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly volumes: VolumeStore;
  readonly networks: NetworkRoom;
  readonly cgroups: CgroupDriver;
  readonly images: Pick<ImageStore, 'get' | 'resolve'>;
  readonly layers: Pick<LayerStore, 'writable' | 'has'>;
  /** Unpacks the image's layers for the storage driver that makes what is new, where they are not. Rejects: not-found. */
  unpackImage(id: ImageId): Promise<void>;
  readonly host: HostFacts;
  /** Ids of new containers that are remapped. Throws invalid-argument where this host and the engine's options give none. */
  findIdMaps(): IdMaps;
  /** True: every new container is remapped that does not ask for the host's user namespace. */
  readonly isRemappedByDefault: boolean;
  /** This process: the owner of the operations it begins. */
  readonly owner: ProcessIdentity;
  /** Of this run of the kernel; absent where the kernel does not tell. */
  readonly bootId?: string;
  /** Path of gantry-init. */
  readonly program: string;
  /** Starts monitors. */
  readonly spawner: ProcessSpawner;
  /** Until `user` aborts: a monitor that is killed is noticed, and the container's row made true. */
  watchMonitor(id: ContainerId, user: AbortSignal): void;
  /** What a monitor runs after the exit of a container with `autoRemove`, in case no engine lives; absent: nothing. */
  readonly cleanupCommand?: (id: ContainerId) => CleanupCommand;
  /** Aborted when the engine is closed. */
  readonly end: AbortSignal;
}

/** The same with its networks loaded. */
export type NetworkedParts = Omit<ContainerParts, 'networks'> & { readonly networks: NetworkParts };

export interface CleanupCommand {
  readonly args: readonly string[];
  /** `K=V`. */
  readonly env: readonly string[];
}
