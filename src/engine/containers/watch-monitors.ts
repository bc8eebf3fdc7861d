import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { EngineEvent } from '../../model/events.js';
import type { ContainerId } from '../../model/ids.js';
import { monotonicNowMs } from '../../platform/clock.js';
import { inBatches } from '../../platform/in-batches.js';
import type { EventOptions } from '../engine.js';
import { connectMonitor, type MonitorClient } from '../isolation/monitor-client.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { waitForMonitorEnd } from './operations.js';
import { settleContainer } from './settle.js';
import { startContainer } from './start.js';

/** How long a monitor that was killed may hold its lock after its socket has ended, ms. */
const LOCK_LIMIT_MS = 1_000;

export interface MonitorWatchOptions {
  readonly parts: ContainerParts;
  /** A container has ended for good with its monitor, and this engine has made that true. */
  readonly onExit: (record: ContainerRecord) => void;
}

/** An eye on the monitors of those containers that somebody looks at. */
export interface MonitorWatch {
  /**
   * The events, and as long as somebody follows them all monitors are watched: one that is killed writes no journal line and no
   * event, only its attach socket ends. Then the container's row is made true, and its policy says whether it runs again.
   */
  events(options?: EventOptions): AsyncIterable<EngineEvent>;
  /** The same for one container, until `user` aborts or it has ended. Asked for again by the same user, nothing changes. */
  watch(id: ContainerId, user: AbortSignal): void;
  /** Resolves when what was begun after the end of a monitor has been done. The engine's `end` has been aborted. */
  close(): Promise<void>;
}

interface Watched {
  /** With what each does when it leaves. */
  readonly users: Map<AbortSignal, () => void>;
  readonly end: AbortController;
}

export function createMonitorWatch(options: MonitorWatchOptions): MonitorWatch {
  const { parts } = options;
  const watched = new Map<ContainerId, Watched>();
  const followings = new Set<Promise<void>>();
  const follow = async (id: ContainerId, own: Watched): Promise<void> => {
    const signal = AbortSignal.any([parts.end, own.end.signal]);
    try {
      await followMonitors(parts, { id, signal, onExit: options.onExit });
    } catch (error) {
      if (!signal.aborted) parts.logger.warn(`cannot settle container ${id} after its monitor`, error);
    } finally {
      // Whoever came after the last user had left has an entry of its own.
      if (watched.get(id) === own) watched.delete(id);
      // Who follows the events for days would keep something of each container that ended meanwhile.
      for (const [user, leave] of own.users) user.removeEventListener('abort', leave);
    }
  };
  const watch = (id: ContainerId, user: AbortSignal): void => {
    if (user.aborted) return;
    const known = watched.get(id);
    const one =
      known?.end.signal.aborted === false
        ? known
        : { users: new Map<AbortSignal, () => void>(), end: new AbortController() };
    if (one.users.has(user)) return;
    const leave = (): void => {
      one.users.delete(user);
      if (one.users.size === 0) one.end.abort();
    };
    one.users.set(user, leave);
    user.addEventListener('abort', leave, { once: true });
    if (one === known) return;
    watched.set(id, one);
    const following = follow(id, one).finally(() => followings.delete(following));
    followings.add(following);
  };
  return {
    watch,
    events: createEvents(parts, watch),
    close: async () => void (await Promise.all(followings)),
  };
}

function createEvents(parts: ContainerParts, watch: MonitorWatch['watch']): MonitorWatch['events'] {
  let followers = 0;
  let stop: (() => void) | undefined;
  return (options = {}) => {
    const events = parts.bus.follow(options);
    // Who asks for a time that is over does not stay.
    if (options.untilMs !== undefined) return events;
    return {
      async *[Symbol.asyncIterator]() {
        followers++;
        stop ??= watchAll(parts, watch);
        try {
          yield* events;
        } finally {
          followers--;
          if (followers === 0) {
            stop();
            stop = undefined;
          }
        }
      },
    };
  };
}

function watchAll(parts: ContainerParts, watch: MonitorWatch['watch']): () => void {
  const end = new AbortController();
  const { signal } = end;
  const events = parts.bus.follow({ signal: AbortSignal.any([parts.end, signal]) });
  const followStarts = async (): Promise<void> => {
    const active = parts.store.list().filter(({ state }) => isActive(state));
    // To connect to hundreds of monitors takes a while.
    for await (const { id } of inBatches(active)) watch(id, signal);
    for await (const { type, action, id } of events) {
      if (type === 'container' && action === 'start') watch(id as ContainerId, signal);
    }
  };
  followStarts().catch((error: unknown) => parts.logger.warn('cannot watch the monitors', error));
  return () => end.abort();
}

interface Followed {
  readonly id: ContainerId;
  readonly signal: AbortSignal;
  readonly onExit: MonitorWatchOptions['onExit'];
}

/** One monitor after the other, as the container is started again, until it has none. */
async function followMonitors(parts: ContainerParts, { id, signal, onExit }: Followed): Promise<void> {
  for (;;) {
    const isReached = await waitForSocketEnd(parts.paths.socket(id), signal);
    const isLeft = (): boolean => {
      const record = signal.aborted ? undefined : parts.journal.catchUp(id);
      return record !== undefined && isActive(record.state);
    };
    if (!isLeft()) return;
    const limit = monotonicNowMs() + LOCK_LIMIT_MS;
    await waitForMonitorEnd(parts, id, () => monotonicNowMs() < limit && isLeft());
    await settleContainer(parts, id);
    const record = parts.store.get(id);
    if (record?.state.status !== 'exited') {
      // It runs. Whoever has started it meanwhile has a monitor that listens.
      if (!isReached) return;
    } else if (record.isDue === true) {
      await startAgain(parts, id);
    } else {
      return onExit(record);
    }
  }
}

/** False where nobody listens. */
async function waitForSocketEnd(path: string, signal: AbortSignal): Promise<boolean> {
  let monitor: MonitorClient;
  try {
    monitor = await connectMonitor(path, {});
  } catch {
    // It has ended already, and what that means is asked next.
    return false;
  }
  const close = (): void => monitor.close();
  signal.addEventListener('abort', close);
  if (signal.aborted) close();
  try {
    await monitor.exit;
    return true;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** Any engine that is open may be the first. */
async function startAgain(parts: ContainerParts, id: ContainerId): Promise<void> {
  try {
    await startContainer(parts, id);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'not-modified') throw error;
  }
}
