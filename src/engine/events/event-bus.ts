import { closeSync, futimesSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineEvent, EventSubject } from '../../model/events.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import { type FileWatch, watchPath } from '../../platform/file-watch.js';
import type { EventOptions } from '../engine.js';
import { createEventJournal } from './event-journal.js';
import { followEvents } from './follow-events.js';

/**
 * Tells what happened, to this process and to every other one with the same state root.
 *
 *     publish, inside the transaction of the change ──▶ row in `events` ──commit──▶ wakes listeners here,
 *                                                                                   touches <root>/events
 *     another process: inotify on <root>/events ──▶ wakes its listeners ──▶ they read the rows after their cursor
 *
 * inotify tells a process of its own touches too: those, after which nobody else has changed the database, wake nobody again.
 */
export interface EventBus {
  /**
   * Call it in the transaction that makes it true; it is told at the commit, and not at all after a rollback. `atMs` is when it
   * happened, where that is not now.
   */
  publish(subject: EventSubject, atMs?: number): void;
  /** As after a publish, for a change of which no event tells. */
  wake(): void;
  /** Begins with what is published after this call, or at `sinceMs`. Ends by its signal, `untilMs`, or the bus's end. */
  follow(options?: EventOptions): AsyncIterable<EngineEvent>;
  /** Calls `listener` after each commit that published or woke, by whichever process; ends by calling the result. */
  listen(listener: () => void): () => void;
  /** Ends all that follow. */
  close(): void;
}

export interface EventBusOptions {
  readonly database: Database;
  readonly root: string;
  readonly clock: Clock;
}

export function createEventBus({ database, root, clock }: EventBusOptions): EventBus {
  const journal = createEventJournal(database);
  const path = join(root, 'events');
  const touched = openSync(path, 'a', 0o600);
  const listeners = new Set<() => void>();
  const end = new AbortController();
  let watch: FileWatch | undefined;

  const wake = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const tell = (): void => {
    const seconds = clock.nowMs() / 1_000;
    // A change of times is what inotify needs; writing would grow the file.
    futimesSync(touched, seconds, seconds);
    wake();
  };
  // https://sqlite.org/pragma.html#pragma_data_version: changes with the commits of other connections alone.
  const readOthers = (): unknown => database.get('PRAGMA data_version')?.['data_version'];
  let seen: unknown;
  const wakeForOthers = (): void => {
    const others = readOthers();
    if (others === seen) return;
    seen = others;
    wake();
  };
  const startWatch = (): FileWatch => {
    seen = readOthers();
    return watchPath(path, wakeForOthers);
  };
  const listen = (listener: () => void): (() => void) => {
    listeners.add(listener);
    watch ??= startWatch();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      watch?.close();
      watch = undefined;
    };
  };
  return {
    publish: (subject, atMs = clock.nowMs()) => {
      journal.append({ ...subject, atMs });
      database.afterCommit(tell);
    },
    wake: () => database.afterCommit(tell),
    follow: (options = {}) => followEvents({ journal, clock, listen, end: end.signal }, options),
    listen,
    close: () => {
      end.abort();
      watch?.close();
      listeners.clear();
      closeSync(touched);
    },
  };
}
