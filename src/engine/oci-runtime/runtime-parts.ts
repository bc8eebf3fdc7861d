import type { StateStore } from './state-store.js';

/** What the verbs of the runtime work with. */
export interface RuntimeParts {
  /** Path of gantry-init. */
  readonly program: string;
  readonly states: StateStore;
  /** Where compiled filters are kept. */
  readonly seccompFolder: string;
  warn(message: string): void;
}
