import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine, ProcessRow } from '../engine/engine.js';
import type { Container } from '../model/container.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import type { HistoryEntry } from '../model/image.js';
import type { FileChange, Layer } from '../model/layer.js';
import type { Namespace, ProcessSecurity, ProcessSurroundings } from '../model/namespace.js';
import { changedAtMs } from './list-rows.js';

export type DetailKind = 'namespaces' | 'security' | 'surroundings' | 'top' | 'layers' | 'inspect';

export interface DetailValues {
  readonly namespaces: readonly Namespace[];
  readonly security: ProcessSecurity;
  readonly surroundings: ProcessSurroundings;
  readonly top: readonly ProcessRow[];
  readonly layers: {
    readonly history: readonly HistoryEntry[];
    /** Undefined where the endpoint does not tell: Docker's API has no layers. */
    readonly layers: readonly Layer[] | undefined;
    readonly changes: readonly FileChange[];
  };
  /** Lines of JSON. */
  readonly inspect: readonly string[];
}

/** Something that is read when it is looked at. A value that is read anew stays until the next one is there. */
export type Loaded<T> =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly message: string };

export type DetailsState = { readonly containerId: ContainerId | undefined } & {
  readonly [K in DetailKind]?: Loaded<DetailValues[K]>;
};

export type DetailsStore = StoreApi<DetailsState> & {
  /** Reads what a tab shows of a container; what was read of another one is dropped. */
  load(kind: DetailKind, container: Container): Promise<void>;
};

export function createDetailsStore(engine: Engine): DetailsStore {
  const store = createStore<DetailsState>(() => ({ containerId: undefined }));
  const read = readerOf(engine, createNamespaceReader(engine));
  return Object.assign(store, {
    load: async (kind: DetailKind, container: Container) => {
      if (store.getState().containerId !== container.id) store.setState({ containerId: container.id }, true);
      if (store.getState()[kind] === undefined) store.setState({ [kind]: { status: 'loading' } });
      const reading: Promise<DetailValues[DetailKind]> = read[kind](container);
      const loaded = await settle(reading);
      // Another container may have been selected meanwhile.
      if (store.getState().containerId === container.id) store.setState({ [kind]: loaded });
    },
  });
}

async function settle<T>(promise: Promise<T>): Promise<Loaded<T>> {
  try {
    return { status: 'ready', value: await promise };
  } catch (error) {
    return { status: 'failed', message: messageOf(error) };
  }
}

type Readers = { readonly [K in DetailKind]: (container: Container) => Promise<DetailValues[K]> };

/** What was read so lately is shown of another container too: it is of all of them, and takes a look at all their processes. */
const NAMESPACES_MS = 5_000;

function createNamespaceReader({ namespaces }: Engine): Readers['namespaces'] {
  let last: { readonly id: ContainerId; readonly atMs: number; readonly value: readonly Namespace[] } | undefined;
  return async (container) => {
    const { id } = container;
    const atMs = Date.now();
    // The same one is read again because something has happened to it, and so is one that was started since.
    const isFresh = last !== undefined && last.id !== id && changedAtMs(container) < last.atMs;
    if (last !== undefined && isFresh && atMs - last.atMs < NAMESPACES_MS) return last.value;
    const value = await (namespaces?.list() ?? refuse());
    last = { id, atMs, value };
    return value;
  };
}

function readerOf(engine: Engine, namespaces: Readers['namespaces']): Readers {
  return {
    namespaces,
    security: ({ id }) => engine.namespaces?.security(id) ?? refuse(),
    surroundings: ({ id }) => engine.namespaces?.surroundings(id) ?? refuse(),
    top: ({ id }) => engine.containers.top(id),
    layers: async ({ id, imageId }) => {
      const [history, layers, changes] = await Promise.all([
        engine.images.history(imageId),
        engine.layers?.ofImage(imageId),
        engine.containers.changes(id),
      ]);
      return { history, layers, changes };
    },
    inspect: async ({ id }) => {
      const container = await engine.containers.inspect(id);
      const [image, volumes, { storageDriver }] = await Promise.all([
        engine.images.inspect(container.imageId),
        engine.volumes.list(),
        engine.system.info(),
      ]);
      const { toWireContainer } = await import('../api/wire/container.js');
      const wire = toWireContainer(container, { image, volumes, storageDriver });
      return JSON.stringify(wire, undefined, 2).split('\n');
    },
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new EngineError('not-implemented', 'this endpoint does not tell'));
}
