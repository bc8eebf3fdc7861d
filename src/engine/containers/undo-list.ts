import type { Logger } from '../../platform/logger.js';

/** What has been done and can be taken back, in the order in which it was done. */
export interface UndoList {
  add(what: string, undo: () => void | Promise<void>): void;
  /** Takes everything back, last first. A step that fails is logged and the others still run. */
  run(): Promise<void>;
}

export function createUndoList(logger: Logger): UndoList {
  const steps: { readonly what: string; readonly undo: () => void | Promise<void> }[] = [];
  return {
    add: (what, undo) => {
      steps.push({ what, undo });
    },
    run: async () => {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step.undo();
        } catch (error) {
          logger.warn(`cannot undo: ${step.what}`, error);
        }
      }
    },
  };
}
