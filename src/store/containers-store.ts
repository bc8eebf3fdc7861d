import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Container } from '../model/container.js';
import type { ContainerId } from '../model/ids.js';
import type { ListedRow } from './listed-row.js';

export interface ContainersState {
  readonly byId: ReadonlyMap<ContainerId, Container>;
  /** False until the first list has come. */
  readonly isLoaded: boolean;
  /** What was selected of this state last: a key press asks for the same rows a dozen times. */
  readonly selected?: SelectedRows;
}

export interface SelectedRows {
  /** What they were selected by. */
  by: string;
  rows: readonly Container[];
  /** The same with their projects above them. */
  grouped?: {
    readonly of: readonly Container[];
    readonly foldedProjects: ReadonlySet<string>;
    readonly rows: readonly ListedRow[];
  };
}

export type ContainersStore = StoreApi<ContainersState> & {
  replaceAll(containers: readonly Container[]): void;
  /** What one reading of some containers gave; undefined: it is gone. One change of the state for all of them. */
  merge(changes: ReadonlyMap<ContainerId, Container | undefined>): void;
};

export function createContainersStore(): ContainersStore {
  const store = createStore<ContainersState>(() => ({ byId: new Map(), isLoaded: false, selected: nothingSelected() }));
  return Object.assign(store, {
    replaceAll: (containers: readonly Container[]) =>
      store.setState({
        byId: new Map(containers.map((container) => [container.id, container])),
        isLoaded: true,
        selected: nothingSelected(),
      }),
    merge: (changes: ReadonlyMap<ContainerId, Container | undefined>) => {
      const byId = new Map(store.getState().byId);
      for (const [id, container] of changes) {
        if (container === undefined) byId.delete(id);
        else byId.set(id, container);
      }
      store.setState({ byId, selected: nothingSelected() });
    },
  });
}

const nothingSelected = (): SelectedRows => ({ by: '', rows: [] });
