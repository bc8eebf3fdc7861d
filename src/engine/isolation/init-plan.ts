import { DEFAULT_DEVICE_LINKS, DEFAULT_DEVICES } from './devices.js';
import type { CgroupHierarchy } from './host-facts.js';
import type { Plan, PlanOperation, PlanSetting } from './init-plan-encoding.js';
import { type MonitorSettings, monitorSettings } from './monitor-settings.js';
import { mountOperations } from './mount-operations.js';
import type { RuntimeSpec, SpecIdMapping, SpecNamespace } from './oci-spec.js';
import { processOperations } from './process-operations.js';
import { toSysctlPath } from './sysctls.js';

/** A container as it is started: the OCI spec, and beside it what that spec has no place for. */
export interface ContainerBundle {
  readonly spec: RuntimeSpec;
  /** Layers to stack as the root; absent: `spec.root.path` is bound as it is. */
  readonly overlay?: OverlayRoot;
  /** The program of `spec.linux.seccomp`; absent: unconfined. */
  readonly seccompProgram?: Uint8Array;
  /** A small reaping init above the program. */
  readonly init: boolean;
  /** v1 hierarchies of the host; none on v2. */
  readonly cgroupHierarchies: readonly CgroupHierarchy[];
}

export interface OverlayRoot {
  /** Top first; none: `upper` is the root as it is. */
  readonly lower: readonly string[];
  /** Folders beside each other; absent: nothing can be written. */
  readonly writable?: { readonly upper: string; readonly work: string };
  /** Makes the overlay instead of the kernel. */
  readonly fuseProgram?: string;
  /** Leave out the sync at the end: for containers that are removed when they exit. */
  readonly isVolatile?: boolean;
}

const NAMESPACE_WORDS: Readonly<Record<SpecNamespace['type'], string>> = {
  pid: 'pid',
  network: 'net',
  mount: 'mnt',
  ipc: 'ipc',
  uts: 'uts',
  user: 'user',
  cgroup: 'cgroup',
  time: 'time',
};

/**
 * The plan of a container's first process. The order is that of the security lessons: all mounts first, each on a target
 * below the new root; then the nodes of /dev, whose /dev/null the masks need; masks and read-only paths, while nothing of the
 * container runs; the new root; what belongs to namespaces; and at the end the way down to the program.
 */
export function compileInitPlan(bundle: ContainerBundle, settings: MonitorSettings): Plan {
  const { spec } = bundle;
  const hasOwn = (type: SpecNamespace['type']) =>
    spec.linux.namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
  return {
    settings: [...monitorSettings(settings), ...namespaceSettings(spec)],
    operations: [
      rootOperation(bundle),
      ...mounts(bundle, settings),
      ...deviceOperations(spec),
      ...spec.linux.maskedPaths.map((path) => ['mask', path] as const),
      ...spec.linux.readonlyPaths.map((path) => ['readonly', path] as const),
      ['pivot'],
      ...when(spec.root.readonly, ['readonly-root']),
      ...when(spec.linux.rootfsPropagation, ['propagation', spec.linux.rootfsPropagation ?? '']),
      ...when(spec.hostname, ['hostname', spec.hostname ?? '']),
      ...when(spec.domainname, ['domainname', spec.domainname ?? '']),
      ...when(hasOwn('network'), ['loopback']),
      ...Object.entries(spec.linux.sysctl ?? {}).map(([name, value]) => ['sysctl', toSysctlPath(name), value] as const),
      ['keyring', settings.id],
      ...processOperations(spec.process, { ...bundle, makeDirectory: true }),
    ],
  };
}

function rootOperation({ spec, overlay }: ContainerBundle): PlanOperation {
  if (overlay === undefined) {
    return ['root', spec.root.path];
  }
  const { upper = '', work = '' } = overlay.writable ?? {};
  if (overlay.fuseProgram !== undefined) return ['fuse-overlay', upper, work, overlay.fuseProgram, ...overlay.lower];
  return ['overlay', upper, work, overlay.isVolatile ? 'volatile' : '', ...overlay.lower];
}

function mounts({ spec, cgroupHierarchies }: ContainerBundle, settings: MonitorSettings): readonly PlanOperation[] {
  const { namespaces } = spec.linux;
  const hasCgroupNamespace = namespaces.some(({ type }) => type === 'cgroup');
  const view = {
    hierarchies: cgroupHierarchies,
    ownFolders: hasCgroupNamespace ? new Map<string, string>() : byHierarchy(settings.cgroup.v1),
    isOptional: namespaces.some(({ type }) => type === 'user'),
  };
  return spec.mounts.flatMap((mount) => mountOperations(mount, view));
}

/** /sys/fs/cgroup/memory/gantry/ID → memory. */
function byHierarchy(folders: readonly string[]): ReadonlyMap<string, string> {
  return new Map(folders.map((folder) => [folder.split('/')[4] ?? '', folder]));
}

/** Where the user bound a /dev of their own, nothing is made in it: it is the host's. */
function deviceOperations({ linux, mounts: all, process }: RuntimeSpec): readonly PlanOperation[] {
  if (all.some(({ destination, type }) => destination === '/dev' && type === 'bind')) {
    return when(process.terminal, ['console', '/dev/console']);
  }
  const devices = new Map([...DEFAULT_DEVICES, ...linux.devices].map((device) => [device.path, device]));
  return [
    ...[...devices.values()].map(
      ({ path, type, major, minor, fileMode, uid, gid }) =>
        ['device', path, type, major, minor, fileMode.toString(8), uid, gid] as const,
    ),
    ...DEFAULT_DEVICE_LINKS.map(([target, path]) => ['symlink', target, path] as const),
    ...when(process.terminal, ['console', '/dev/console']),
  ];
}

function namespaceSettings({ linux }: RuntimeSpec): readonly PlanSetting[] {
  const own = linux.namespaces.filter(({ path }) => path === undefined).map(({ type }) => NAMESPACE_WORDS[type]);
  const joined = linux.namespaces.flatMap(({ type, path }) =>
    path === undefined ? [] : [['join', NAMESPACE_WORDS[type], path] as const],
  );
  return [
    ['clone', ...own],
    ...joined,
    ...mapSetting('uid-map', linux.uidMappings),
    ...mapSetting('gid-map', linux.gidMappings),
  ];
}

function mapSetting(word: 'uid-map' | 'gid-map', map: readonly SpecIdMapping[] | undefined): readonly PlanSetting[] {
  const lines = (map ?? []).map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`);
  return lines.length === 0 ? [] : [[word, lines.join('')]];
}

function when(condition: unknown, operation: PlanOperation): readonly PlanOperation[] {
  return condition ? [operation] : [];
}
