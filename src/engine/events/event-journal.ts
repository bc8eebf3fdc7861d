import type { EngineEvent } from '../../model/events.js';
import type { Database } from '../../platform/database.js';

/** How many events are kept for `since`; Docker keeps 256. */
const KEPT_EVENTS = 2_048;
/** Old rows are deleted once in so many events. */
const PRUNE_EVERY = 64;

/** The rows of `events`, in the order in which they were committed. */
export interface EventJournal {
  append(event: EngineEvent): void;
  /** The number of the last event; 0 before the first. */
  lastSequence(): number;
  /** The number just before the first kept event at or after `atMs`. */
  sequenceBefore(atMs: number): number;
  /** At most `PAGE` events after `sequence`, oldest first. */
  readAfter(sequence: number): readonly { readonly sequence: number; readonly event: EngineEvent }[];
}

/** Events read at a time, which bounds what a slow reader costs. */
const PAGE = 128;

/** Without those that cannot be read, which `system check` tells of: whoever follows would stop there for ever. */
const SELECT_AFTER =
  'SELECT sequence, document FROM events WHERE sequence > ? AND json_valid(document) ORDER BY sequence LIMIT ?';

export function createEventJournal(database: Database): EventJournal {
  const lastSequence = (): number =>
    Number(database.get('SELECT seq FROM sqlite_sequence WHERE name = ?', 'events')?.['seq'] ?? 0);
  return {
    append: (event) => {
      database.run('INSERT INTO events (at_ms, document) VALUES (?, ?)', event.atMs, JSON.stringify(event));
      const sequence = lastSequence();
      if (sequence % PRUNE_EVERY === 0) {
        database.run('DELETE FROM events WHERE sequence <= ?', sequence - KEPT_EVENTS);
      }
    },
    lastSequence,
    sequenceBefore: (atMs) => {
      const row = database.get('SELECT min(sequence) AS first FROM events WHERE at_ms >= ?', atMs);
      const first = row?.['first'];
      return typeof first === 'number' ? first - 1 : lastSequence();
    },
    readAfter: (sequence) =>
      database.all(SELECT_AFTER, sequence, PAGE).map((row) => ({
        sequence: Number(row['sequence']),
        // Written by append alone, under the schema version that this program knows.
        event: JSON.parse(String(row['document'])) as EngineEvent,
      })),
  };
}
