import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine } from '../engine/engine.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import { createLogRing, type LogRing } from './log-ring.js';

const KEPT_LINES = 50_000;
const TAIL_LINES = 10_000;
/** Lines that come fast are shown at most this often. */
const NOTIFY_MS = 50;

export interface LogsState {
  readonly containerId: ContainerId | undefined;
  /** Changes in place; `version` says that it did. */
  readonly ring: LogRing;
  readonly version: number;
  readonly status: 'idle' | 'following' | 'ended' | 'failed';
  readonly message?: string;
}

export type LogsStore = StoreApi<LogsState> & {
  /** Follows another container's log, or none; the one before is let go. */
  open(id: ContainerId | undefined): void;
  clear(): void;
};

/** The log of one container: its last 50 000 lines, followed while it is open. Ends by the signal. */
export function createLogsStore(engine: Engine, signal: AbortSignal): LogsStore {
  const store = createStore<LogsState>(() => ({
    containerId: undefined,
    ring: createLogRing(KEPT_LINES),
    version: 0,
    status: 'idle',
  }));
  let current: AbortController | undefined;
  signal.addEventListener('abort', () => current?.abort(), { once: true });
  const notify = createNotifier(() => store.setState((state) => ({ version: state.version + 1 })));

  const follow = async (id: ContainerId, ring: LogRing, ended: AbortSignal) => {
    try {
      for await (const entry of engine.containers.logs(id, { follow: true, tailLines: TAIL_LINES, signal: ended })) {
        ring.add(entry);
        notify();
      }
      if (!ended.aborted) store.setState((state) => ({ status: 'ended', version: state.version + 1 }));
    } catch (error) {
      if (ended.aborted) return;
      const isGone = error instanceof EngineError && error.kind === 'not-found';
      store.setState((state) => ({
        status: isGone ? 'ended' : 'failed',
        message: messageOf(error),
        version: state.version + 1,
      }));
    }
  };
  return Object.assign(store, {
    open: (id: ContainerId | undefined) => {
      if (id === store.getState().containerId && store.getState().status === 'following') return;
      current?.abort();
      current = undefined;
      const ring = createLogRing(KEPT_LINES);
      store.setState(
        { containerId: id, ring, version: 0, status: id === undefined || signal.aborted ? 'idle' : 'following' },
        true,
      );
      if (id === undefined || signal.aborted) return;
      current = new AbortController();
      void follow(id, ring, current.signal);
    },
    clear: () => {
      store.getState().ring.clear();
      store.setState((state) => ({ version: state.version + 1 }));
    },
  });
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
