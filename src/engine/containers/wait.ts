import type { ExitedState } from '../../model/container.js';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { EngineEvent } from '../../model/events.js';
import type { WaitOptions } from '../engine.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

/**
 * Waits on events, and reads the row when one speaks of this container. The events are followed from before the first look
 * at the row, so no exit falls between the two; and they tell the exit code of a container whose row goes with its exit.
 */
export async function waitForContainer(
  parts: Pick<ContainerParts, 'bus' | 'store' | 'journal'>,
  ref: string,
  options: WaitOptions = {},
): Promise<ExitedState> {
  const { condition = 'not-running', signal } = options;
  const events = parts.bus.follow(signal === undefined ? {} : { signal });
  const { id } = parts.store.resolve(ref);
  const first = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  if (condition === 'not-running' && !isActive(first.state)) return lastExitOf(first);
  const isOver = (record: ContainerRecord): boolean => condition !== 'removed' && record.finalExits > first.finalExits;
  let told = lastExitOf(first);
  for await (const event of events) {
    if (event.id !== id) continue;
    if (event.action === 'die') told = toExitedState(event);
    const record = parts.store.get(id);
    if (record === undefined && event.action === 'destroy') return told;
    if (record !== undefined && isOver(record)) return lastExitOf(record);
  }
  throw new EngineError('cancelled', `waiting for container ${ref} was cancelled`);
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
