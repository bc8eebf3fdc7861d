import type {
  Container,
  ContainerEndpoint,
  ContainerProcess,
  ContainerState,
  ExitedState,
  ProcessIdentity,
} from '../../model/container.js';
import type { BoundPort, ContainerConfig, Healthcheck } from '../../model/container-config.js';
import type { ContainerMount } from '../../model/container-mount.js';
import type { ContainerId, ImageId } from '../../model/ids.js';
import type { EmbeddedImageName } from '../../model/image.js';
import type { Limits, LimitsPatch } from '../../model/limits.js';
import type { IdMaps } from '../isolation/subordinate-ids.js';
import type { OpenedPort } from '../networks/firewall-rules.js';
import type { EnginePaths } from './engine-paths.js';
import { listOpenedPorts, toPortBinding } from './opened-ports.js';

/** A container as the state database holds it. */
export interface ContainerRecord {
  readonly id: ContainerId;
  readonly name: string;
  readonly config: ContainerConfig;
  readonly imageId: ImageId;
  /** Of the image, as the engine's own row of it says. */
  readonly embedded?: EmbeddedImageName;
  readonly process: ContainerProcess;
  /** The image's and the user's joined; absent: no health check. */
  readonly healthcheck?: Healthcheck;
  readonly limits: Limits;
  /** Ids of its user namespace at every start, whatever the engine is told then; absent: the host's. */
  readonly idMaps?: IdMaps;
  readonly createdAtMs: number;
  readonly state: ContainerState;
  readonly restartCount: number;
  readonly networks: readonly ContainerEndpoint[];
  /** While it runs. */
  readonly publishedPorts?: readonly BoundPort[];
  /** Of its last run, which its monitor takes out of the firewall at its end. */
  readonly lastPorts?: readonly BoundPort[];
  readonly lastOpened?: readonly OpenedPort[];
  readonly mounts: readonly ContainerMount[];
  /** Bytes of the monitor's journal that `state` contains already. */
  readonly journalOffset: number;
  /** First process of the last start that `state` contains: the same start may be told by the monitor's status and its journal. */
  readonly lastInit?: ProcessIdentity;
  /** How often it ended for good, for those who wait for the next time. */
  readonly finalExits: number;
  readonly lastExit?: ExitedState;
  /** What an engine is doing with it right now. One at a time; an owner that is dead leaves it to the next engine. */
  readonly operation?: ContainerOperation;
  /** What engines are changing in the kernel of what the row says; an owner that is dead leaves it to the next engine. */
  readonly changes?: readonly KernelChange[];
  /** Whoever restarts it: while that process lives, its exit is no end, and `autoRemove` waits. */
  readonly keptBy?: ProcessIdentity;
  /** Stopped by a user: `unless-stopped` does not start it when the host comes up. */
  readonly isStoppedByUser: boolean;
  /** It went down with the host or with its monitor, and the next engine that opens starts it again; boot.ts, settle.ts. */
  readonly isDue?: boolean;
}

export type ContainerOperation =
  | { readonly kind: 'start'; readonly owner: ProcessIdentity }
  /** `volumes`: the anonymous ones go too. */
  | { readonly kind: 'remove'; readonly owner: ProcessIdentity; readonly volumes: boolean };

/** What an engine changes in the kernel before it says so in the row. */
export interface KernelChange {
  readonly owner: ProcessIdentity;
  /** The limits; absent for a freeze or a thaw. */
  readonly limits?: LimitsPatch;
}

/** Written by this program alone, under the schema version that it knows; so the shape is not checked field by field. */
export function parseContainerRecord(document: unknown): ContainerRecord {
  if (typeof document !== 'object' || document === null || !('state' in document)) {
    throw new Error('the state database holds a container without a state');
  }
  return document as ContainerRecord;
}

export function toContainer(record: ContainerRecord, paths: EnginePaths): Container {
  const { log } = paths.container(record.id);
  const { hostname, hosts, resolvConf } = paths.container(readJoinedId(record) ?? record.id);
  const hasLog = record.config.log?.driver !== 'none';
  return {
    id: record.id,
    name: record.name,
    config: record.config,
    imageId: record.imageId,
    process: record.process,
    limits: record.limits,
    createdAtMs: record.createdAtMs,
    state: record.state,
    restartCount: record.restartCount,
    networks: record.networks,
    ...(record.publishedPorts &&
      hasWayOut(record) && {
        publishedPorts: [...record.publishedPorts, ...listOpenedPorts(record).map(toPortBinding)],
      }),
    mounts: record.mounts,
    paths: { ...(hasLog ? { log } : {}), hostname, hosts, resolvConf },
  };
}

/** Of the container whose network is joined, and with it its files. */
function readJoinedId({ config }: ContainerRecord): ContainerId | undefined {
  const [, id] = /^container:([0-9a-f]{64})$/.exec(config.namespaces?.network ?? '') ?? [];
  return id as ContainerId | undefined;
}

/** Without, ports are kept for the container, and nothing leads to them: `--internal`. */
function hasWayOut({ networks }: ContainerRecord): boolean {
  return networks.some(({ gateway, ip6Gateway }) => (gateway ?? ip6Gateway) !== undefined);
}
