import type { ContainerProcess } from '../../model/container.js';
import type { ContainerConfig } from '../../model/container-config.js';
import type { DeviceGrant } from '../isolation/devices.js';
import type { HostFacts } from '../isolation/host-facts.js';
import type { BindMount } from '../isolation/mounts.js';
import type { IdMaps } from '../isolation/subordinate-ids.js';
import type { ResolvedUser } from '../isolation/users.js';
import type { Donors } from './spec-namespaces.js';

/** Everything a container's OCI spec is made of. What only the host or the image can tell has been looked up before. */
export interface RuntimeSpecInput {
  readonly config: ContainerConfig;
  readonly process: ContainerProcess;
  readonly host: HostFacts;
  /** `config.user` and `config.groupAdd`, resolved in the container's own files. */
  readonly user: ResolvedUser;
  readonly hostname: string;
  /** Where an OCI runtime finds the root; the engine's own plan stacks the layers itself. */
  readonly rootPath: string;
  /** Binds and volumes, their sources resolved and made. */
  readonly binds: readonly BindMount[];
  /** Generated files; absent: the image's own are seen. */
  readonly files?: ContainerFilePaths;
  readonly devices: readonly DeviceGrant[];
  readonly donors: Donors;
  /** Ids of the user namespace; absent: the host's. */
  readonly idMaps?: IdMaps;
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** As OCI runtimes take it, such as `/gantry/ID`; the engine's own start joins groups by their folders. */
  readonly cgroupsPath?: string;
  /** Of /sys/fs/cgroup inside; by the host where absent. */
  readonly cgroupVersion?: 'v1' | 'v2';
}

export interface ContainerFilePaths {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}
