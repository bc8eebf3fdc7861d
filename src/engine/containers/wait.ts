import type { ExitedState } from '../../model/container.js';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { EngineEvent } from '../../model/events.js';
import type { ContainerId } from '../../model/ids.js';
import { createBell } from '../../platform/bell.js';
import type { WaitOptions } from '../engine.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

/** A monitor that is killed tells nobody: its connection ends. To have one costs a short run more than it is worth, ms. */
const WATCH_AFTER_MS = 500;

/**
 * Looks at the row whenever something has happened, and listens from before its first look, so that no exit falls between. A
 * row that goes with its exit has told the exit code in its last event.
 */
export async function waitForContainer(parts: WaitParts, ref: string, options: WaitOptions = {}): Promise<ExitedState> {
  const { condition = 'not-running' } = options;
  const signal = options.signal === undefined ? parts.end : AbortSignal.any([parts.end, options.signal]);
  const bell = createBell(signal);
  const stopListening = parts.bus.listen(bell.ring);
  const watch = watchLate(parts, bell.ring);
  try {
    const sinceMs = parts.clock.nowMs();
    const { id } = parts.store.resolve(ref);
    const first = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
    if (condition === 'not-running' && !isActive(first.state)) return lastExitOf(first);
    for (;;) {
      const record = parts.store.get(id);
      if (record === undefined) return (await readToldExit(parts, id, sinceMs)) ?? lastExitOf(first);
      if (condition !== 'removed' && record.finalExits > first.finalExits) return lastExitOf(record);
      watch.look(record);
      if (!(await bell.wait())) throw new EngineError('cancelled', `waiting for container ${ref} was cancelled`);
    }
  } finally {
    watch.close();
    stopListening();
    bell.close();
  }
}

type WaitParts = Pick<ContainerParts, 'bus' | 'store' | 'journal' | 'clock' | 'end' | 'watchMonitor'>;

/** Given, because the reason that there is otherwise is an error with its stack, which takes 50 µs. */
const OVER = 'the wait is over';

/** `wake`: it is time to look. */
function watchLate({ watchMonitor }: Pick<ContainerParts, 'watchMonitor'>, wake: () => void) {
  const over = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    wake();
  }, WATCH_AFTER_MS).unref();
  return {
    look: ({ id, state }: ContainerRecord): void => {
      if (isLate && isActive(state)) watchMonitor(id, over.signal);
    },
    close: (): void => {
      clearTimeout(timer);
      over.abort(OVER);
    },
  };
}

async function readToldExit(
  { bus, clock }: Pick<ContainerParts, 'bus' | 'clock'>,
  id: ContainerId,
  sinceMs: number,
): Promise<ExitedState | undefined> {
  let told: ExitedState | undefined;
  for await (const event of bus.follow({ sinceMs, untilMs: clock.nowMs() })) {
    if (event.id === id && event.action === 'die') told = toExitedState(event);
  }
  return told;
}

/** Docker answers 0 for a container that never ran. */
function lastExitOf({ lastExit }: ContainerRecord): ExitedState {
  return lastExit ?? { status: 'exited', exitCode: 0, startedAtMs: 0, finishedAtMs: 0, oomKilled: false };
}

function toExitedState({ atMs, attributes }: EngineEvent): ExitedState {
  return {
    status: 'exited',
    exitCode: Number(attributes['exitCode'] ?? 0),
    startedAtMs: atMs - Number(attributes['execDuration'] ?? 0) * 1_000,
    finishedAtMs: atMs,
    oomKilled: false,
  };
}
