import { createStore, type StoreApi } from 'zustand/vanilla';

const KEPT = 20;

/** What the user typed lately, the newest first; completion begins with it. */
export interface Recents {
  /** References, as they were typed. */
  readonly pulls: readonly string[];
  /** Of the run form: its fields that are not empty, by their names. */
  readonly runs: readonly Readonly<Record<string, string>>[];
  /** Commands, from the palette. */
  readonly commands: readonly string[];
}

export type RecentsStore = StoreApi<Recents> & {
  addPull(reference: string): void;
  addRun(values: Readonly<Record<string, string>>): void;
  addCommand(command: string): void;
};

export function createRecentsStore(kept: Partial<Recents> = {}): RecentsStore {
  const store = createStore<Recents>(() => ({ pulls: [], runs: [], commands: [], ...kept }));
  return Object.assign(store, {
    addPull: (reference: string) => store.setState(({ pulls }) => ({ pulls: addFirst(pulls, reference) })),
    addRun: (values: Readonly<Record<string, string>>) =>
      store.setState(({ runs }) => ({ runs: addFirst(runs, values) })),
    addCommand: (command: string) => store.setState(({ commands }) => ({ commands: addFirst(commands, command) })),
  });
}

function addFirst<T>(all: readonly T[], value: T): readonly T[] {
  const text = JSON.stringify(value);
  return [value, ...all.filter((other) => JSON.stringify(other) !== text)].slice(0, KEPT);
}
