import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine } from '../engine/engine.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import { createLogRing, type LogLine, type LogRing } from './log-ring.js';
import { createLogSelection, type LogFilter, type LogSelection } from './log-selection.js';
import { type LogSource, type MergeOptions, readMergedLogs } from './merged-logs.js';

const KEPT_LINES = 100_000;
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
  /** Whose log it is; several are read as one. */
  readonly sources: readonly LogSource[];
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
  /** Follows the logs of other containers, or none; those before are let go. */
  open(sources: readonly LogSource[]): void;
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

/** The log of a container, or of several as one: the last 100 000 lines, followed while it is open. Ends by the signal. */
export function createLogsStore(engine: Engine, { signal, now }: LogsOptions): LogsStore {
  const emptyRing = (filter: LogFilter) => {
    const ring = createLogRing(KEPT_LINES);
    return { ring, filter, selection: createLogSelection(ring, filter), version: 0 };
  };
  const store = createStore<LogsState>(() => ({
    ...emptyRing({ keep: '', hide: '' }),
    sources: [],
    window: 'tail',
    status: 'idle',
  }));
  let current: AbortController | undefined;
  signal.addEventListener('abort', () => current?.abort(), { once: true });
  const change = (values: Partial<LogsState> = {}) =>
    store.setState((state) => ({ ...values, version: state.version + 1 }));
  const notify = createNotifier(change);

  const follow = async (state: LogsState, ended: AbortSignal) => {
    const add = (lines: readonly LogLine[]) => {
      for (const line of lines) state.ring.add(line);
      notify();
    };
    try {
      const message = await readSources(engine, state, { nowMs: now(), signal: ended, add });
      if (!ended.aborted) change({ status: 'ended', ...(message === undefined ? {} : { message }) });
    } catch (error) {
      if (ended.aborted) return;
      const isGone = error instanceof EngineError && error.kind === 'not-found';
      change({ status: isGone ? 'ended' : 'failed', message: messageOf(error) });
    }
  };
  const read = (sources: readonly LogSource[], window: LogWindow) => {
    current?.abort();
    current = undefined;
    const isOpen = sources.length > 0 && !signal.aborted;
    const { filter } = store.getState();
    store.setState({ ...emptyRing(filter), sources, window, status: isOpen ? 'following' : 'idle' }, true);
    if (!isOpen) return;
    current = new AbortController();
    void follow(store.getState(), current.signal);
  };
  return Object.assign(store, {
    open: (sources: readonly LogSource[]) => {
      const { sources: open, status, window } = store.getState();
      const isRead = status === 'following' || (window === 'head' && status === 'ended');
      if (keyOf(sources) !== keyOf(open) || !isRead) read(sources, window);
    },
    clear: () => {
      store.getState().ring.clear();
      change();
    },
    setFilter: (values: Partial<LogFilter>) => {
      const filter = { ...store.getState().filter, ...values };
      change({ filter, selection: createLogSelection(store.getState().ring, filter) });
    },
    setWindow: (window: LogWindow) => read(store.getState().sources, window),
    mark: () => {
      const atMs = now();
      store.getState().ring.add({ stream: 'mark', text: '', atMs, time: new Date(atMs).toISOString() });
      change();
    },
  });
}

const keyOf = (sources: readonly LogSource[]) => sources.map(({ id }) => id).join();

/** Each log has its share of the ring. */
function mergeOptions(window: LogWindow, nowMs: number, count: number): Omit<MergeOptions, 'signal' | 'add'> {
  const pastLines = Math.min(TAIL_LINES, Math.floor(KEPT_LINES / Math.max(1, count)));
  const common = { pastLines, nowMs, follow: window !== 'head' };
  if (window === 'head') return common;
  return window === 'tail' ? { ...common, tailLines: pastLines } : { ...common, sinceMs: nowMs - WINDOW_MS[window] };
}

interface ReadOptions {
  readonly nowMs: number;
  readonly signal: AbortSignal;
  add(lines: readonly LogLine[]): void;
}

/** Resolves at the end of the log, or of all of them, with what is wrong with one of several. */
async function readSources(
  engine: Engine,
  { sources, window }: Pick<LogsState, 'sources' | 'window'>,
  { nowMs, signal, add }: ReadOptions,
): Promise<string | undefined> {
  const [only, ...others] = sources;
  if (only === undefined) return undefined;
  if (others.length === 0) {
    for await (const entry of readWindow(engine, only.id, { window, nowMs, signal })) add([entry]);
    return undefined;
  }
  const options = mergeOptions(window, nowMs, sources.length);
  return (await readMergedLogs(engine, sources, { ...options, signal, add }))[0];
}

type WindowOptions = Omit<ReadOptions, 'add'> & { readonly window: LogWindow };

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
