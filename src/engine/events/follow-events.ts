import type { EngineEvent } from '../../model/events.js';
import { createBell } from '../../platform/bell.js';
import type { Clock } from '../../platform/clock.js';
import type { EventOptions } from '../engine.js';
import type { EventJournal } from './event-journal.js';

export interface EventSource {
  readonly journal: EventJournal;
  readonly clock: Clock;
  readonly listen: (listener: () => void) => () => void;
  /** Ends all iterations. */
  readonly end: AbortSignal;
}

/** The cursor is taken at the call, so that nothing is missed between it and the first `next`. */
export function followEvents(source: EventSource, options: EventOptions): AsyncIterable<EngineEvent> {
  const { journal } = source;
  const start = options.sinceMs === undefined ? journal.lastSequence() : journal.sequenceBefore(options.sinceMs);
  return { [Symbol.asyncIterator]: () => iterate(source, options, start) };
}

/** What a monitor saw while no engine was open is told late, with the time at which it happened. */
function isWithin({ atMs }: EngineEvent, { sinceMs, untilMs }: EventOptions): boolean {
  return (sinceMs === undefined || atMs >= sinceMs) && (untilMs === undefined || atMs <= untilMs);
}

/** Longest delay that a timer takes, ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Who follows without an end has no timer, and does not keep the process alive. */
function ringAfter(ring: () => void, leftMs: number): NodeJS.Timeout | undefined {
  if (!Number.isFinite(leftMs)) return undefined;
  return setTimeout(ring, Math.min(Math.max(leftMs + 1, 0), MAX_DELAY_MS));
}

async function* iterate(source: EventSource, options: EventOptions, start: number): AsyncGenerator<EngineEvent> {
  const { journal, clock, end } = source;
  const signal = options.signal === undefined ? end : AbortSignal.any([options.signal, end]);
  const untilMs = options.untilMs ?? Number.POSITIVE_INFINITY;
  const bell = createBell(signal);
  const stopListening = source.listen(bell.ring);
  let timer: NodeJS.Timeout | undefined;
  let cursor = start;
  try {
    while (!signal.aborted) {
      // The clock is read first: what was published up to `untilMs` is in the rows once the clock is past it.
      const isOver = clock.nowMs() > untilMs;
      const page = journal.readAfter(cursor);
      cursor = page.at(-1)?.sequence ?? cursor;
      for (const event of page.map((row) => row.event).filter((it) => isWithin(it, options))) {
        if (signal.aborted) return;
        yield event;
      }
      if (page.length > 0) continue;
      if (isOver) return;
      // Anew each time: a timer counts from the last turn of the event loop, and can ring before the clock is past `untilMs`.
      clearTimeout(timer);
      timer = ringAfter(bell.ring, untilMs - clock.nowMs());
      await bell.wait();
    }
  } finally {
    stopListening();
    clearTimeout(timer);
    bell.close();
  }
}
