import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine, HostPressure } from '../engine/engine.js';
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
  /** What waited on the host when it was read last; undefined where the engine does not tell. */
  readonly hostPressure: HostPressure | undefined;
}

export type StatsStore = StoreApi<StatsState> & {
  add(atMs: number, readings: ReadonlyMap<ContainerId, CgroupStats>, hostPressure?: HostPressure): void;
};

export function createStatsStore(): StatsStore {
  const histories = new Map<ContainerId, StatsHistory>();
  const store = createStore<StatsState>(() => ({ atMs: 0, histories, hostPressure: undefined }));
  return Object.assign(store, {
    add: (atMs: number, readings: ReadonlyMap<ContainerId, CgroupStats>, hostPressure?: HostPressure) => {
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
      store.setState({ atMs, hostPressure });
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
      const hostPressure = await engine.system.pressure?.();
      // Without containers too: ages go on by this tick.
      const readings = ids.length === 0 ? new Map<ContainerId, CgroupStats>() : await engine.containers.readStats(ids);
      store.add(options.now(), readings, hostPressure);
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
