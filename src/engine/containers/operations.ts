import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import { createBell } from '../../platform/bell.js';
import { monotonicNowMs } from '../../platform/clock.js';
import { isLocked } from '../../platform/file-lock.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

/**
 * Marks the container as being worked on, if nobody else works on it and `decide` returns it with the mark. Undefined where
 * that is not so: look again.
 */
export function claimOperation(
  { store }: Pick<ContainerParts, 'store'>,
  id: ContainerId,
  decide: (record: ContainerRecord) => ContainerRecord | undefined,
): ContainerRecord | undefined {
  return store.change(id, (record) => {
    const marked = record.operation === undefined ? decide(record) : undefined;
    return marked && { record: marked };
  });
}

/** Ends the mark; the rest stays as it is. */
export function withoutOperation(record: ContainerRecord): ContainerRecord {
  const { operation: _, ...rest } = record;
  return rest;
}

/** An owner that dies tells nobody, so a waiter looks by itself this often, ms. */
const LOOK_AGAIN_MS = 500;

/** Resolves when something has happened to some container, and after half a second at the latest. */
export async function waitForNews(
  parts: Pick<ContainerParts, 'bus' | 'end'>,
  hasHappened: () => boolean,
): Promise<void> {
  const bell = createBell(parts.end);
  const stopListening = parts.bus.listen(bell.ring);
  const timer = setTimeout(bell.ring, LOOK_AGAIN_MS);
  try {
    // It may have happened before anybody listened.
    if (!hasHappened()) await bell.wait();
    parts.end.throwIfAborted();
  } catch (cause) {
    throw new EngineError('cancelled', 'the engine was closed', { cause });
  } finally {
    clearTimeout(timer);
    stopListening();
    bell.close();
  }
}

/** A monitor that has told the exit still removes the cgroup and its socket; rarely more than a few ms. */
const MONITOR_END_LIMIT_MS = 15_000;
const MONITOR_LOOK_MS = 2;
/** Looks without a pause before that: most monitors are gone before a timer would tell. */
const EAGER_LOOKS = 20;

/**
 * Resolves when no monitor holds the container's lock: nothing of its last run is left then, but for what a monitor that
 * was killed has not done; or when it need not wait any longer. Throws conflict after fifteen seconds. The kernel tells nobody
 * about the end of a flock, so this looks.
 */
export async function waitForMonitorEnd(
  { paths }: Pick<ContainerParts, 'paths'>,
  id: ContainerId,
  isNeeded: () => boolean = () => true,
): Promise<void> {
  const path = paths.lock(id);
  const limit = monotonicNowMs() + MONITOR_END_LIMIT_MS;
  for (let look = 0; isNeeded() && isLocked(path); look++) {
    if (monotonicNowMs() > limit) {
      throw new EngineError(
        'conflict',
        `the monitor of container ${id} has not ended in ${MONITOR_END_LIMIT_MS / 1_000} s`,
      );
    }
    await new Promise<void>((resolve) => {
      if (look < EAGER_LOOKS) setImmediate(resolve);
      else setTimeout(resolve, MONITOR_LOOK_MS);
    });
  }
}
