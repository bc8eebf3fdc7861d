import type { KernelFiles } from '../../../platform/kernel-file.js';

/** The folders of one group by v1 controller, and what its files need to be written. */
export interface V1Group {
  readonly files: KernelFiles;
  readonly folders: ReadonlyMap<string, string>;
  /** Below each hierarchy's base. */
  readonly path: string;
  /** `8:0` of a block device's path; throws invalid-argument where it is none. */
  toMajorMinor(path: string): string;
}
