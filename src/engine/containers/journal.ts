import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { ContainerId } from '../../model/ids.js';
import { type FileWatch, watchPath } from '../../platform/file-watch.js';
import type { Logger } from '../../platform/logger.js';
import { applyJournalLine } from './apply-journal.js';
import type { ContainerRecord } from './container-record.js';
import type { ContainerChange, ContainerStore } from './container-store.js';
import type { EnginePaths } from './engine-paths.js';
import { parseJournalLine } from './journal-lines.js';
import type { ContainerNotice } from './tell-notice.js';

/**
 * Moves what the monitors have written into the state database. Any number of engines may do so at the same time: the
 * offset up to which a journal counts is in the container's row, and it is moved in the transaction that applies the lines.
 */
export interface Journal {
  /**
   * Reads what is new of one container. Returns its record as it stands after, undefined if there is none. `known` is its record
   * where it has been read a moment ago; it is the result where nothing is new.
   */
  catchUp(id: ContainerId, known?: ContainerRecord): ContainerRecord | undefined;
  /** Follows all journals from now on until the result is called. Does not keep the process alive. */
  watch(): () => void;
}

export interface JournalOptions {
  readonly store: ContainerStore;
  readonly paths: EnginePaths;
  readonly logger: Logger;
  /** A container has ended for good, and this engine was the first to see it. */
  readonly onExit: (record: ContainerRecord) => void;
  /** A journal has changed that is no container's: an exec's, or one whose row has gone. */
  readonly onOther: (id: string) => void;
}

export function createJournal({ store, paths, logger, onExit, onOther }: JournalOptions): Journal {
  const catchUp = (id: ContainerId, known?: ContainerRecord): ContainerRecord | undefined => {
    const before = known ?? store.get(id);
    if (before === undefined) return undefined;
    const path = paths.journal(id);
    // A look without the write lock: most calls find nothing new.
    if (readLines(path, before.journalOffset).length === 0) return before;
    const after = store.change(id, (record) => applyLines(record, readLines(path, record.journalOffset)));
    if (after === undefined) return store.get(id);
    if (after.finalExits > before.finalExits) onExit(after);
    return after;
  };
  const look = (entry: string | undefined): void => {
    if (entry === undefined || !entry.endsWith('.jsonl')) return;
    const id = entry.slice(0, -'.jsonl'.length);
    try {
      // An id that is no container's has no row.
      if (catchUp(id as ContainerId) === undefined) onOther(id);
    } catch (error) {
      logger.warn(`cannot take over the journal ${entry}`, error);
    }
  };
  return {
    catchUp,
    watch: () => {
      const watch: FileWatch = watchPath(paths.journals, look, { background: true });
      return () => watch.close();
    },
  };
}

function applyLines(record: ContainerRecord, text: Buffer): ContainerChange | undefined {
  if (text.length === 0) return undefined;
  let current = record;
  const notices: ContainerNotice[] = [];
  for (const lineText of text.toString('utf8').split('\n')) {
    const line = parseJournalLine(lineText);
    if (line === undefined) continue;
    const change = applyJournalLine(current, line);
    current = change.record;
    notices.push(...(change.notices ?? []));
  }
  return { record: { ...current, journalOffset: record.journalOffset + text.length }, notices };
}

const NOTHING = Buffer.alloc(0);

/** The whole lines after `offset`; empty where there is none, or no file. */
function readLines(path: string, offset: number): Buffer {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || status.size <= offset) return NOTHING;
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    // Removed since: nothing to tell.
    return NOTHING;
  }
  try {
    const length = Math.max(fstatSync(fd).size - offset, 0);
    const bytes = Buffer.alloc(length);
    const read = length === 0 ? 0 : readSync(fd, bytes, 0, length, offset);
    return bytes.subarray(0, bytes.lastIndexOf(0x0a, read - 1) + 1);
  } finally {
    closeSync(fd);
  }
}
