import { posix } from 'node:path';

/** One cgroup v1 hierarchy, or the unified one. */
export interface Hierarchy {
  readonly mountPoint: string;
  /** Where groups are made: the mount point itself, or this process's own group where that is not writable. */
  readonly base: string;
}

/**
 * `v1` and `hybrid` write limits on v1. In `hybrid` each container has a folder in the unified hierarchy too, which
 * without any controller still gives cgroup.kill, cgroup.events, the freezer and pressure.
 */
export interface CgroupLayout {
  readonly mode: 'v1' | 'hybrid' | 'v2';
  /** By controller; controllers mounted together share one hierarchy. Named hierarchies are `name=systemd`. */
  readonly v1: ReadonlyMap<string, Hierarchy>;
  readonly unified?: Hierarchy & { readonly controllers: readonly string[] };
}

/** What is read of the host; a test hands in another host's texts. */
export interface CgroupSource {
  /** /proc/self/mountinfo. */
  readonly mountinfo: string;
  /** /proc/self/cgroup. */
  readonly selfCgroup: string;
  isWritable(directory: string): boolean;
  /** cgroup.controllers of the unified hierarchy's mount point. */
  readControllers(mountPoint: string): string;
}

/** Undefined where no cgroup hierarchy is mounted. Kernel: admin-guide/cgroup-v1/cgroups.rst, cgroup-v2.rst; proc(5). */
export function detectCgroups(source: CgroupSource): CgroupLayout | undefined {
  const mounts = source.mountinfo.split('\n').flatMap(parseMount);
  const own = parseSelfCgroup(source.selfCgroup);
  const v1 = new Map<string, Hierarchy>();
  for (const mount of mounts.filter(({ type }) => type === 'cgroup')) {
    for (const controller of mount.controllers) {
      if (!v1.has(controller)) v1.set(controller, toHierarchy(mount, own.get(controller), source));
    }
  }
  const unifiedMount = mounts.find(({ type }) => type === 'cgroup2');
  const unified = unifiedMount && {
    ...toHierarchy(unifiedMount, own.get(''), source),
    controllers: source.readControllers(unifiedMount.mountPoint).split(' ').filter(Boolean),
  };
  // A systemd host on v2 may still have a v1 hierarchy of its own by name; only controllers make a host v1.
  const hasV1Controllers = [...v1.keys()].some((controller) => !controller.startsWith('name='));
  if (!hasV1Controllers) return unified && { mode: 'v2', v1: new Map(), unified };
  return unified ? { mode: 'hybrid', v1, unified } : { mode: 'v1', v1 };
}

interface CgroupMount {
  readonly type: 'cgroup' | 'cgroup2';
  /** The folder of the hierarchy that is mounted: `/` but in a container without a cgroup namespace. */
  readonly root: string;
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

const NOT_CONTROLLERS = new Set(['rw', 'ro', 'noprefix', 'xattr', 'clone_children', 'cpuset_v2_mode', 'noatime']);

function parseMount(line: string): readonly CgroupMount[] {
  const [left = '', right = ''] = line.split(' - ');
  const [, , , root = '/', mountPoint = ''] = left.split(' ');
  const [type, , options = ''] = right.split(' ');
  if (type !== 'cgroup' && type !== 'cgroup2') return [];
  const controllers = options.split(',').filter((word) => !NOT_CONTROLLERS.has(word) && !word.startsWith('release_'));
  return [{ type, root: unescapePath(root), mountPoint: unescapePath(mountPoint), controllers }];
}

/** Blanks and backslashes stand as octal numbers in mountinfo. */
function unescapePath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Own path by controller; the unified hierarchy's has the empty name. */
function parseSelfCgroup(text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n').filter(Boolean)) {
    const [, controllers = '', ...rest] = line.split(':');
    for (const controller of controllers.split(',')) paths.set(controller, rest.join(':'));
  }
  return paths;
}

function toHierarchy(mount: CgroupMount, ownPath: string | undefined, source: CgroupSource): Hierarchy {
  const { mountPoint, root } = mount;
  if (source.isWritable(mountPoint)) return { mountPoint, base: mountPoint };
  // /proc/self/cgroup counts from the hierarchy's root, the mount may begin further down: take that part off.
  const own = ownPath ?? '/';
  const below = root !== '/' && own.startsWith(root) ? own.slice(root.length) : own;
  return { mountPoint, base: posix.join(mountPoint, below) };
}
