import { posix } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { Cgroup, CgroupDriver, CgroupName } from '../isolation/cgroup/driver.js';
import { openCgroupDriver } from '../isolation/cgroup/open-driver.js';
import type { RuntimeParts } from './runtime-parts.js';
import type { ContainerState } from './state-store.js';

/** The groups of this host, with devices named by number: `/8:0`, as to-limits.ts writes them. */
export function openCgroups(): CgroupDriver {
  return openCgroupDriver({ parent: DEFAULT_PARENT, toMajorMinor: (path) => path.slice(1) });
}

export function openCgroup({ cgroups }: RuntimeParts, { cgroup }: ContainerState): Cgroup {
  return cgroups().open(toCgroupName(cgroup));
}

const DEFAULT_PARENT = '/gantry-runtime';

/** Where a container's group is: what the config says, or a place of ours. Throws invalid-argument, not-implemented. */
export function selectCgroupPath(asked: string | undefined, id: string): string {
  if (asked === undefined || asked === '') return `${DEFAULT_PARENT}/${id}`;
  if (/^[^/]*:[^/]*:[^/]+$/.test(asked)) {
    const what = `the cgroup ${asked} is one of systemd's`;
    throw new EngineError('not-implemented', `${what}: this runtime makes cgroups itself, use the manager cgroupfs`);
  }
  const path = posix.join('/', asked);
  if (path === '/') throw new EngineError('invalid-argument', `invalid cgroup path "${asked}"`);
  return path;
}

export function toCgroupName(path: string): CgroupName {
  return { id: posix.basename(path), parent: posix.dirname(path) };
}
