import type { SpecProcess } from '../isolation/oci-spec.js';
import type { ContainerState, StateStore } from './state-store.js';

/** What the verbs of the runtime work with. */
export interface RuntimeParts {
  /** Path of gantry-init. */
  readonly program: string;
  readonly states: StateStore;
  /** Where compiled filters are kept. */
  readonly seccompFolder: string;
  warn(message: string): void;
  /** Runs a program in a container to its end; resolves with its exit code. Loaded when it is called. */
  runInContainer(
    state: ContainerState,
    program: { readonly process: SpecProcess; readonly input: string },
  ): Promise<number>;
}
