import type { KernelFiles } from '../../../platform/kernel-file.js';
import type { CgroupLayout } from './detect.js';

/** What a driver needs of its host. */
export interface DriverContext {
  readonly files: KernelFiles;
  readonly layout: CgroupLayout;
  /** Such as `/gantry`, below each hierarchy's base. */
  readonly parent: string;
  /** CPUs of the host. */
  readonly cpus: number;
  /** `8:0` of a block device's path; throws invalid-argument where it is none. */
  toMajorMinor(path: string): string;
  /** Swap that is free on the host, bytes. */
  readSwapFreeBytes(): number;
}
