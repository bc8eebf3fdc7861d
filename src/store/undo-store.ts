import type { Actions } from './actions.js';
import type { ViewStore } from './view-store.js';

const KEPT = 50;

interface Change {
  readonly atMs: number;
  /** Takes it back; false where that failed, which the action has told. */
  undo(): Promise<boolean>;
}

/** What was done and can be taken back, the newest last; limits have a history of their own (limits-store.ts). */
export interface UndoStore {
  /** When the newest was done, ms since 1970; undefined where there is none. */
  lastMs(): number | undefined;
  add(undo: Change['undo']): void;
  undoLast(): Promise<void>;
}

export function createUndoStore(view: ViewStore, now: () => number): UndoStore {
  let changes: readonly Change[] = [];
  return {
    lastMs: () => changes.at(-1)?.atMs,
    add: (undo) => {
      changes = [...changes, { atMs: now(), undo }].slice(-KEPT);
    },
    undoLast: async () => {
      const last = changes.at(-1);
      if (last === undefined) {
        view.say('info', 'nothing to undo');
        return;
      }
      changes = changes.slice(0, -1);
      if (!(await last.undo())) changes = [...changes, last];
    },
  };
}

/** Actions that leave their way back: pause and its end, a stop (it is started again), and being in a network. */
export function withUndo(actions: Actions, undo: UndoStore): Actions {
  return {
    ...actions,
    pause: (container) => withWayBack(actions.pause(container), undo, () => actions.unpause(container)),
    unpause: (container) => withWayBack(actions.unpause(container), undo, () => actions.pause(container)),
    stop: (container) => withWayBack(actions.stop(container), undo, () => actions.start(container)),
    connect: async (network, container, attachment) => {
      const failure = await actions.connect(network, container, attachment);
      if (failure === undefined) undo.add(() => actions.disconnect(network, container));
      return failure;
    },
  };
}

async function withWayBack(action: Promise<boolean>, undo: UndoStore, back: Change['undo']): Promise<boolean> {
  const isDone = await action;
  if (isDone) undo.add(back);
  return isDone;
}
