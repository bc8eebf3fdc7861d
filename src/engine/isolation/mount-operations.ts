import { BIND_FLAGS, MOUNT_FLAGS, MOUNT_PROPAGATIONS, OPPOSITE_FLAGS } from '../../model/mount-words.js';
import type { CgroupHierarchy } from './host-facts.js';
import type { PlanOperation } from './init-plan-encoding.js';
import type { SpecMount } from './oci-spec.js';

/** How /sys/fs/cgroup is made. */
export interface CgroupView {
  /** v1 hierarchies; none on v2. */
  readonly hierarchies: readonly CgroupHierarchy[];
  /**
   * Without a cgroup namespace of its own a v1 container sees only its own groups: these folders, by hierarchy, are bound
   * instead. Empty with a namespace of its own.
   */
  readonly ownFolders: ReadonlyMap<string, string>;
  /** In a user namespace the kernel may refuse the v1 hierarchies: then there are none to see. */
  readonly isOptional: boolean;
}

/** What native/mounts.c takes as flags of a new mount; all else are options of the file system. */
const MOUNT_WORDS = [...MOUNT_FLAGS, 'copy-up'];
const BIND_WORDS = [...BIND_FLAGS, 'ro-top', 'idmap', ...MOUNT_PROPAGATIONS];

/** Where the engine itself mounts. An image or a volume must not lead these elsewhere, so no link is followed (CVE-2019-16884). */
const STRICT_FOLDERS = ['/proc', '/sys', '/dev'];

/** One mount of the spec as operations of the plan; /sys/fs/cgroup on v1 takes several. */
export function mountOperations(mount: SpecMount, cgroup: CgroupView): readonly PlanOperation[] {
  switch (mount.type) {
    case 'bind':
      return [
        mount.part === undefined
          ? ['bind', mount.source, mount.destination, bindFlags(mount)]
          : ['bind', mount.source, mount.destination, bindFlags(mount), mount.part],
      ];
    case 'cgroup':
      return cgroupOperations(mount, cgroup);
    default:
      return [fileSystemOperation(mount, mount.type, mount.source)];
  }
}

function fileSystemOperation(mount: SpecMount, type: string, source: string): PlanOperation {
  const flags = mount.options.filter((option) => MOUNT_WORDS.includes(option));
  const options = mount.options.filter((option) => !MOUNT_WORDS.includes(option) && !OPPOSITE_FLAGS.includes(option));
  return ['mount', type, source, mount.destination, [...flags, ...strictFlag(mount)].join(','), ...options];
}

/** `rro` is the spec's word for read-only with all that is below; the plan's `rec` makes every flag so but `ro-top`. */
function bindFlags(mount: SpecMount): string {
  const top = mount.options.includes('rbind') ? 'ro-top' : 'ro';
  const words = mount.options.map((option) => (option === 'rro' ? 'ro' : option === 'ro' ? top : option));
  const flags = words.filter((option) => BIND_WORDS.includes(option));
  return [...(words.includes('rbind') ? ['rec'] : []), ...flags, ...strictFlag(mount)].join(',');
}

function strictFlag({ destination }: SpecMount): readonly string[] {
  const isStrict = STRICT_FOLDERS.some((folder) => destination === folder || destination.startsWith(`${folder}/`));
  return isStrict ? ['strict'] : [];
}

function cgroupOperations(mount: SpecMount, cgroup: CgroupView): readonly PlanOperation[] {
  const [base] = cgroup.hierarchies;
  if (base === undefined) {
    return [fileSystemOperation(mount, 'cgroup2', 'cgroup2')];
  }
  const flags = mount.options.filter((option) => MOUNT_WORDS.includes(option));
  const folder = ['mount', 'tmpfs', 'tmpfs', mount.destination, 'nosuid,nodev,noexec,strict', 'mode=755'] as const;
  const hierarchies = cgroup.hierarchies.flatMap((hierarchy) => hierarchyOperation(mount, hierarchy, cgroup));
  const names = cgroup.hierarchies.flatMap(({ name }) => linksTo(name));
  const links = names.map(([alias, name]) => ['symlink', name, `${mount.destination}/${alias}`] as const);
  return [
    folder,
    ...hierarchies,
    ...links,
    ...(flags.includes('ro') ? [['readonly', mount.destination] as const] : []),
  ];
}

function hierarchyOperation(
  mount: SpecMount,
  { name, options }: CgroupHierarchy,
  { ownFolders, isOptional }: CgroupView,
): readonly PlanOperation[] {
  const target = `${mount.destination}/${name}`;
  const flags = mount.options.filter((option) => MOUNT_WORDS.includes(option));
  const own = ownFolders.get(name);
  if (own !== undefined) {
    return [['bind', own, target, ['rec', ...flags, 'rslave', 'strict'].join(',')]];
  }
  if (ownFolders.size > 0) {
    return [];
  }
  const allFlags = [...flags, 'strict', ...(isOptional ? ['optional'] : [])].join(',');
  const isNamed = options.some((option) => option.startsWith('name='));
  return [['mount', 'cgroup', 'cgroup', target, allFlags, ...(isNamed ? ['none'] : []), ...options]];
}

/** `cpu,cpuacct` is found as `cpu` and as `cpuacct` too. */
function linksTo(name: string): readonly (readonly [alias: string, name: string])[] {
  return name.includes(',') ? name.split(',').map((alias) => [alias, name] as const) : [];
}
