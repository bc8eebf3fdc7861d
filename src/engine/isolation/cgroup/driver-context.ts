import type { KernelFiles } from '../../../platform/kernel-file.js';
import type { CgroupLayout } from './detect.js';
import type { CgroupDriver } from './driver.js';

/** What a driver needs of its host. */
export interface DriverContext {
  readonly files: KernelFiles;
  readonly layout: CgroupLayout;
  /** Such as `/gantry`, below each hierarchy's base. */
  readonly parent: string;
  /** CPUs of the host. */
  readonly cpus: number;
  /** Not the host's: no program can be attached to a group there, and no node of a device can be made either. */
  readonly isInUserNamespace: boolean;
  /** `8:0` of a block device's path; throws invalid-argument where it is none. */
  toMajorMinor(path: string): string;
  /** Swap that is free on the host, bytes. */
  readSwapFreeBytes(): number;
}

/** Where v1 has no files for them, device rules are a program on the group's folder in the unified hierarchy. */
export function selectDeviceProgram({ layout, isInUserNamespace }: DriverContext): CgroupDriver['deviceControl'] {
  return layout.unified === undefined || isInUserNamespace ? 'none' : 'program';
}
