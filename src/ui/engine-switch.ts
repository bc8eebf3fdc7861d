import type { Context } from '../model/context.js';
import type { WorkspaceEngine } from '../store/workspace.js';

/** The engines that the screen can show, by the names that the user has for them. */
export interface EngineSwitch {
  readContexts(): Promise<ContextList>;
  /** Rejects as the engine's opening does. */
  open(context: string): Promise<WorkspaceEngine>;
  /** Lets go of one that is shown no more. */
  close(engine: WorkspaceEngine): Promise<void>;
}

export interface ContextList {
  readonly contexts: readonly Context[];
  /** The one that the screen was started with; undefined where it was named by its address. */
  readonly current: string | undefined;
}

/** The same as a command of the screen has it. */
export interface ContextSwitch {
  readContexts(): Promise<ContextList>;
  /** Shows the engine of a context in place of this one; where it cannot be shown the status line says why. */
  show(context: string): Promise<void>;
}
