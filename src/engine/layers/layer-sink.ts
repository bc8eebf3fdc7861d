import type { EntrySink } from '../../platform/tar/file-entry.js';
import type { SettledFile } from './file-index/settle-records.js';

/** Takes the entries of a layer as they come, whiteouts as such, and keeps it. */
export interface LayerSink extends EntrySink {
  /** Where the plain tar is to be when it is finished; absent where the sink needs none. */
  readonly tarPath?: string;
  /** After the last entry: what became of each path, in the order of the paths. */
  settled?(file: SettledFile): void;
  /** Waits until most of what was put is taken; call it between parts. Rejects with EngineError. */
  drain(): Promise<void>;
  /** Resolves when all of it is there. `isSettled`: `settled` was called for all that there is. Rejects with EngineError. */
  finish(isSettled: boolean): Promise<void>;
  /** Stops; what was made so far stays. Resolves when nothing more is made. */
  abort(): Promise<void>;
}
