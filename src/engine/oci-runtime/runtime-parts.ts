import type { CgroupDriver } from '../isolation/cgroup/driver.js';
import type { SpecProcess } from '../isolation/oci-spec.js';
import type { ContainerState, StateStore } from './state-store.js';

/** What the verbs of the runtime work with. */
export interface RuntimeParts {
  /** Path of gantry-init. */
  readonly program: string;
  readonly states: StateStore;
  /** Opened at the first call, and once: to look at a container that has ended takes none. */
  cgroups(): CgroupDriver;
  /** Where compiled filters are kept. */
  readonly seccompFolder: string;
  warn(message: string): void;
  /** Runs a program in a container to its end; resolves with its exit code. Loaded when it is called. */
  runInContainer(
    state: ContainerState,
    program: { readonly process: SpecProcess; readonly input: string },
  ): Promise<number>;
}
