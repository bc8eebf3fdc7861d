import type { MountPropagation } from '../../model/mount-words.js';
import type { SpecMount } from './oci-spec.js';

/** A folder or file of the host in a container; volumes and generated files are such too. */
export interface BindMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly?: boolean;
  readonly propagation?: MountPropagation;
  readonly nonRecursive?: boolean;
  /** Read-only is the bind itself alone. */
  readonly writableBelow?: boolean;
  /** In a user namespace: the ids on the disk are the container's own, as those of images are. For what the engine keeps itself. */
  readonly isOwn?: boolean;
  /** A path in the source, resolved in there, that is bound in place of it. */
  readonly part?: string;
}

export interface DefaultMountOptions {
  readonly shmSizeBytes: number;
  /** `none`: no /dev/shm; a path: that folder is bound there; absent: a tmpfs of its own. */
  readonly shm?: 'none' | { readonly source: string };
  readonly cgroup: 'v1' | 'v2';
  /** Privileged: /sys and the control groups may be written to. */
  readonly writableSys: boolean;
  /** False in a user namespace that has no group 5 (tty). */
  readonly ttyGroup: boolean;
}

const COMMON = ['nosuid', 'noexec', 'nodev'];

/** The mounts every container starts with, in Docker's order: moby daemon/pkg/oci/defaults.go. */
export function defaultMounts(options: DefaultMountOptions): readonly SpecMount[] {
  const access = options.writableSys ? 'rw' : 'ro';
  const cgroupType = options.cgroup === 'v2' ? 'cgroup2' : 'cgroup';
  return [
    mount('proc', '/proc', COMMON),
    mount('tmpfs', '/dev', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('devpts', '/dev/pts', [
      'nosuid',
      'noexec',
      'newinstance',
      'ptmxmode=0666',
      'mode=0620',
      ...(options.ttyGroup ? ['gid=5'] : []),
    ]),
    mount('sysfs', '/sys', [...COMMON, access]),
    // OCI runtimes know one name for both versions; init-plan.ts makes the mounts of the version that is there.
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: cgroupType, options: [...COMMON, access] },
    mount('mqueue', '/dev/mqueue', COMMON),
    ...mountShm(options),
  ];
}

/** A bind as the OCI spec says it, with what Docker adds: recursive, and read-only all the way down. */
export function toBindMount(bind: BindMount): SpecMount {
  const readOnly = bind.nonRecursive || bind.writableBelow ? 'ro' : 'rro';
  return {
    ...(bind.part === undefined ? {} : { part: bind.part }),
    destination: bind.target,
    type: 'bind',
    source: bind.source,
    options: [
      bind.nonRecursive ? 'bind' : 'rbind',
      ...(bind.readOnly ? [readOnly] : []),
      bind.propagation ?? 'rprivate',
      ...(bind.isOwn ? ['idmap'] : []),
    ],
  };
}

/** What a mount of the container needs of the root's propagation, so that it can pass anything on. `undefined`: nothing. */
export function requiredPropagation(binds: readonly BindMount[]): 'shared' | 'rslave' | undefined {
  const used = binds.map((bind) => bind.propagation ?? 'rprivate');
  if (used.some((propagation) => propagation.endsWith('shared'))) {
    return 'shared';
  }
  return used.some((propagation) => propagation.endsWith('slave')) ? 'rslave' : undefined;
}

function mountShm({ shm, shmSizeBytes }: DefaultMountOptions): readonly SpecMount[] {
  if (shm === 'none') {
    return [];
  }
  return shm === undefined
    ? [{ ...mount('tmpfs', '/dev/shm', [...COMMON, 'mode=1777', `size=${shmSizeBytes}`]), source: 'shm' }]
    : [toBindMount({ source: shm.source, target: '/dev/shm' })];
}

function mount(type: string, destination: string, options: readonly string[]): SpecMount {
  return { destination, type, source: type, options };
}
