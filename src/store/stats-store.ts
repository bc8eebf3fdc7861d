import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine } from '../engine/engine.js';
import type { CgroupStats } from '../model/cgroup-stats.js';
import type { ContainerId } from '../model/ids.js';
import { createStatsHistory, type StatsHistory } from './stats-history.js';

const TICK_MS = 1000;
/** Histories kept of containers that are not on screen any more. */
const KEPT_HISTORIES = 300;

export interface StatsState {
  /** Time of the last tick, ms since 1970; 0 before the first. */
  readonly atMs: number;
  /** The objects in the map change in place; `atMs` says that they did. */
  readonly histories: ReadonlyMap<ContainerId, StatsHistory>;
}

export type StatsStore = StoreApi<StatsState> & {
  add(atMs: number, readings: ReadonlyMap<ContainerId, CgroupStats>): void;
};

export function createStatsStore(): StatsStore {
  const histories = new Map<ContainerId, StatsHistory>();
  const store = createStore<StatsState>(() => ({ atMs: 0, histories }));
  return Object.assign(store, {
    add: (atMs: number, readings: ReadonlyMap<ContainerId, CgroupStats>) => {
      for (const [id, stats] of readings) {
        const history = histories.get(id) ?? createStatsHistory();
        history.add(stats);
        // Deleted and set again, so that the map's order is that of the last reading.
        histories.delete(id);
        histories.set(id, history);
      }
      for (const id of histories.keys()) {
        if (histories.size <= KEPT_HISTORIES) break;
        histories.delete(id);
      }
      store.setState({ atMs });
    },
  });
}

/**
 * Reads the statistics of what is on screen once a second. A tick that finds the one before unfinished is left out. Ends by the signal.
 */
export function startStatsTick(
  engine: Engine,
  store: StatsStore,
  visibleIds: () => readonly ContainerId[],
  options: { readonly signal: AbortSignal; now(): number; onError(error: unknown): void },
): { tickNow(): Promise<void> } {
  let isReading = false;
  const tick = async () => {
    if (isReading || options.signal.aborted) return;
    const ids = visibleIds();
    isReading = true;
    try {
      // Without containers too: ages go on by this tick.
      store.add(options.now(), ids.length === 0 ? new Map() : await engine.containers.readStats(ids));
    } catch (error) {
      options.onError(error);
    } finally {
      isReading = false;
    }
  };
  const timer = setInterval(() => void tick(), TICK_MS);
  options.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return { tickNow: tick };
}
