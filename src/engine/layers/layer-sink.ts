import type { EntrySink } from '../../platform/tar/file-entry.js';
import type { SettledFile } from './file-index/settle-records.js';

/** Takes the entries of a layer as they come, whiteouts as such, and keeps it. */
export interface LayerSink extends EntrySink {
  /** The part of the plain tar that the next entries are in; nobody changes it before `drain` has resolved. */
  tar?(bytes: Uint8Array): void;
  /** After the last entry: what became of each path, in the order of the paths. */
  settled?(file: SettledFile): void;
  /** Waits until most of what was put is taken; call it between parts. Rejects with EngineError. */
  drain(): Promise<void>;
  /** Resolves when all of it is there. `isSettled`: `settled` was called for all that there is. Rejects with EngineError. */
  finish(isSettled: boolean): Promise<void>;
  /** Stops; what was made so far stays. Resolves when nothing more is made. */
  abort(): Promise<void>;
}
