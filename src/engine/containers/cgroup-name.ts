import type { CgroupName } from '../isolation/cgroup/driver.js';
import type { ContainerRecord } from './container-record.js';

/** Where the container's processes are counted: `--cgroup-parent` or the engine's own parent. */
export function toCgroupName({ id, config }: Pick<ContainerRecord, 'id' | 'config'>): CgroupName {
  return config.cgroupParent === undefined || config.cgroupParent === '' ? { id } : { id, parent: config.cgroupParent };
}
