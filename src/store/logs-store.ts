import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine } from '../engine/engine.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import { createLogRing, type LogRing } from './log-ring.js';
import { createLogSelection, type LogFilter, type LogSelection } from './log-selection.js';

const KEPT_LINES = 50_000;
const TAIL_LINES = 10_000;
/** Lines that come fast are shown at most this often. */
const NOTIFY_MS = 50;

/** How much of a log is read, by the keys of k9s: its end, its begin, or what came since so many minutes. */
export const LOG_WINDOWS = ['tail', 'head', '1m', '5m', '15m', '30m', '1h'] as const;
export type LogWindow = (typeof LOG_WINDOWS)[number];

const WINDOW_MS: Readonly<Record<Exclude<LogWindow, 'tail' | 'head'>, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
};

export interface LogsState {
  readonly containerId: ContainerId | undefined;
  /** Changes in place; `version` says that it did. */
  readonly ring: LogRing;
  readonly filter: LogFilter;
  /** The lines of the ring that the filter lets through. */
  readonly selection: LogSelection;
  readonly window: LogWindow;
  readonly version: number;
  readonly status: 'idle' | 'following' | 'ended' | 'failed';
  readonly message?: string;
}

export type LogsStore = StoreApi<LogsState> & {
  /** Follows another container's log, or none; the one before is let go. */
  open(id: ContainerId | undefined): void;
  clear(): void;
  setFilter(change: Partial<LogFilter>): void;
  /** Reads the log anew. */
  setWindow(window: LogWindow): void;
  /** Sets a mark below the last line. */
  mark(): void;
};

export interface LogsOptions {
  readonly signal: AbortSignal;
  now(): number;
}

/** The log of one container: its last 50 000 lines, followed while it is open. Ends by the signal. */
export function createLogsStore(engine: Engine, { signal, now }: LogsOptions): LogsStore {
  const emptyRing = (filter: LogFilter) => {
    const ring = createLogRing(KEPT_LINES);
    return { ring, filter, selection: createLogSelection(ring, filter), version: 0 };
  };
  const store = createStore<LogsState>(() => ({
    ...emptyRing({ keep: '', hide: '' }),
    containerId: undefined,
    window: 'tail',
    status: 'idle',
  }));
  let current: AbortController | undefined;
  signal.addEventListener('abort', () => current?.abort(), { once: true });
  const change = (values: Partial<LogsState> = {}) =>
    store.setState((state) => ({ ...values, version: state.version + 1 }));
  const notify = createNotifier(change);

  const follow = async (id: ContainerId, { ring, window }: LogsState, ended: AbortSignal) => {
    try {
      for await (const entry of readWindow(engine, id, { window, nowMs: now(), signal: ended })) {
        ring.add(entry);
        notify();
      }
      if (!ended.aborted) change({ status: 'ended' });
    } catch (error) {
      if (ended.aborted) return;
      const isGone = error instanceof EngineError && error.kind === 'not-found';
      change({ status: isGone ? 'ended' : 'failed', message: messageOf(error) });
    }
  };
  const read = (id: ContainerId | undefined, window: LogWindow) => {
    current?.abort();
    current = undefined;
    const isOpen = id !== undefined && !signal.aborted;
    const { filter } = store.getState();
    store.setState({ ...emptyRing(filter), containerId: id, window, status: isOpen ? 'following' : 'idle' }, true);
    if (!isOpen) return;
    current = new AbortController();
    void follow(id, store.getState(), current.signal);
  };
  return Object.assign(store, {
    open: (id: ContainerId | undefined) => {
      const { containerId, status, window } = store.getState();
      const isRead = status === 'following' || (window === 'head' && status === 'ended');
      if (id !== containerId || !isRead) read(id, window);
    },
    clear: () => {
      store.getState().ring.clear();
      change();
    },
    setFilter: (values: Partial<LogFilter>) => {
      const filter = { ...store.getState().filter, ...values };
      change({ filter, selection: createLogSelection(store.getState().ring, filter) });
    },
    setWindow: (window: LogWindow) => read(store.getState().containerId, window),
    mark: () => {
      const atMs = now();
      store.getState().ring.add({ stream: 'mark', text: '', atMs, time: new Date(atMs).toISOString() });
      change();
    },
  });
}

interface WindowOptions {
  readonly window: LogWindow;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function* readWindow(engine: Engine, id: ContainerId, { window, nowMs, signal }: WindowOptions) {
  if (window === 'head') {
    let count = 0;
    for await (const entry of engine.containers.logs(id, { follow: false, signal })) {
      yield entry;
      if (++count >= TAIL_LINES) return;
    }
  } else {
    const part = window === 'tail' ? { tailLines: TAIL_LINES } : { sinceMs: nowMs - WINDOW_MS[window] };
    yield* engine.containers.logs(id, { ...part, follow: true, signal });
  }
}

function createNotifier(notify: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      notify();
    }, NOTIFY_MS);
  };
}
