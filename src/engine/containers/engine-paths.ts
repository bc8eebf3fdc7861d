import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerPaths } from '../../model/container.js';
import type { ContainerId, ExecId } from '../../model/ids.js';

/** Where the engine keeps what; `ARCHITECTURE.md`, "State on disk". */
export interface EnginePaths {
  readonly root: string;
  readonly runRoot: string;
  readonly containers: string;
  readonly journals: string;
  readonly sockets: string;
  readonly locks: string;
  readonly networks: string;
  /** What containers are called in their networks: networks/name-files.ts. */
  readonly names: string;
  container(id: ContainerId): ContainerFiles;
  journal(id: ContainerId | ExecId): string;
  /** 24 digits of the id name it: the path of a unix socket has at most 107 bytes. unix(7) */
  socket(id: ContainerId | ExecId): string;
  lock(id: ContainerId | ExecId): string;
  /** What a monitor reads when its container's networks change. */
  networkChange(id: ContainerId): string;
}

export interface ContainerFiles extends Required<Omit<ContainerPaths, 'layers'>> {
  readonly folder: string;
  /** The OCI runtime spec of the last start. */
  readonly spec: string;
  /** The seccomp program of the last start, which execs take over; missing: unconfined. */
  readonly seccomp: string;
}

/** Most bytes of a unix socket's path. unix(7) */
const MAX_SOCKET_PATH_BYTES = 107;
const SOCKET_ID_DIGITS = 24;

export function createEnginePaths(root: string, runRoot: string): EnginePaths {
  const containers = join(root, 'containers');
  const journals = join(runRoot, 'journals');
  const sockets = join(runRoot, 'sockets');
  const locks = join(runRoot, 'locks');
  const networks = join(runRoot, 'networks');
  return {
    root,
    runRoot,
    containers,
    journals,
    sockets,
    locks,
    networks,
    names: join(runRoot, 'names'),
    container: (id) => {
      // For each of a hundred containers several times: to normalize a path takes longer than to read some files.
      const folder = `${containers}/${id}`;
      return {
        folder,
        spec: `${folder}/config.json`,
        seccomp: `${folder}/seccomp.bpf`,
        log: `${folder}/${id}-json.log`,
        hostname: `${folder}/hostname`,
        hosts: `${folder}/hosts`,
        resolvConf: `${folder}/resolv.conf`,
      };
    },
    journal: (id) => `${journals}/${id}.jsonl`,
    socket: (id) => `${sockets}/${id.slice(0, SOCKET_ID_DIGITS)}`,
    lock: (id) => `${locks}/${id}`,
    networkChange: (id) => `${networks}/${id}`,
  };
}

/** Makes the folders of a state root; what is there stays. Throws where the run root is too deep for a socket's path. */
export function makeEngineFolders(paths: EnginePaths): void {
  const longest = Buffer.byteLength(join(paths.sockets, '0'.repeat(SOCKET_ID_DIGITS)));
  if (longest > MAX_SOCKET_PATH_BYTES) {
    throw new Error(
      `the run root ${paths.runRoot} is too deep: its sockets' paths would have ${longest} bytes, at most ${MAX_SOCKET_PATH_BYTES} work`,
    );
  }
  mkdirSync(paths.root, { recursive: true, mode: 0o710 });
  mkdirSync(paths.runRoot, { recursive: true, mode: 0o700 });
  for (const folder of [paths.containers, paths.journals, paths.sockets, paths.locks, paths.networks]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}
