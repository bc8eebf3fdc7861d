import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { writeWhole } from '../../../platform/file-parts/write-whole.js';
import type { ByteString, FileEntry } from '../../../platform/tar/file-entry.js';
import {
  comparePaths,
  endOfSortedRecord,
  pathOfSortedRecord,
  RECORD_MAX,
  type SortedRecord,
  setFingerprint,
  setPart,
  writeRecord,
} from './index-record.js';

const CHUNK_SIZE = 1 << 18;
/** Records and paths in memory before they are written to a file: some 50 000 files. */
const MEMORY_MAX = 8 << 20;

/** Puts the files of a layer in the order of their paths, a directory before what is in it, with bounded memory. */
export interface RecordSorter {
  add(entry: FileEntry): void;
  /** Of the entry that was added last. */
  setFingerprint(fingerprint: Uint8Array): void;
  /** The same by the number of a part. */
  setPart(number: number): void;
  /** Each path as often as it came, in the order in which it came. */
  sorted(): Generator<SortedRecord>;
  /** Deletes its files. */
  close(): void;
}

/** `path` is where its files begin with: `path.0`, `path.1`. */
export function createRecordSorter(path: string, memoryMax = MEMORY_MAX): RecordSorter {
  const runs: string[] = [];
  let batch = new Batch();
  let order = 0;
  // As a folder is walked, and as most archives are: then nothing is left to be compared.
  let isSorted = true;
  let last = '';
  return {
    add(entry) {
      isSorted &&= comparePaths(last, entry.path) <= 0;
      last = entry.path;
      if (batch.usedBytes > memoryMax) {
        runs.push(`${path}.${runs.length}`);
        writeRun(runs.at(-1) ?? path, batch.sorted(isSorted));
        batch = new Batch();
      }
      batch.add(entry, order++);
    },
    setFingerprint: (fingerprint) => batch.setFingerprint(fingerprint),
    setPart: (number) => batch.setPart(number),
    sorted() {
      const all = [...runs.map(readRun), batch.sorted(isSorted)];
      return isSorted ? oneAfterTheOther(all) : mergeRuns(all);
    },
    close() {
      for (const run of runs.splice(0)) rmSync(run, { force: true });
      batch = new Batch();
    },
  };
}

/** What is in memory: records one behind the other in chunks, none of them in two. */
class Batch {
  usedBytes = 0;
  readonly #chunks: Buffer[] = [];
  readonly #places: number[] = [];
  readonly #paths: ByteString[] = [];
  #used = CHUNK_SIZE;
  #last = 0;

  add(entry: FileEntry, order: number): void {
    if (CHUNK_SIZE - this.#used < RECORD_MAX) {
      this.#chunks.push(Buffer.allocUnsafe(CHUNK_SIZE));
      this.#used = 0;
    }
    this.#last = this.#used;
    this.#places.push((this.#chunks.length - 1) * CHUNK_SIZE + this.#used);
    this.#paths.push(entry.path);
    this.#used = writeRecord(this.#chunks.at(-1) ?? Buffer.alloc(0), this.#used, entry, order);
    this.usedBytes += this.#used - this.#last + entry.path.length + 64;
  }

  setFingerprint(fingerprint: Uint8Array): void {
    const chunk = this.#chunks.at(-1);
    if (chunk !== undefined) setFingerprint(chunk, this.#last, fingerprint);
  }

  setPart(number: number): void {
    const chunk = this.#chunks.at(-1);
    if (chunk !== undefined) setPart(chunk, this.#last, number);
  }

  *sorted(isSorted: boolean): Generator<SortedRecord> {
    const paths = this.#paths;
    const order = isSorted
      ? paths.keys()
      : [...paths.keys()].sort((a, b) => comparePaths(paths[a] ?? '', paths[b] ?? '') || a - b);
    for (const i of order) {
      const place = this.#places[i] ?? 0;
      const chunk = this.#chunks[Math.floor(place / CHUNK_SIZE)] ?? Buffer.alloc(0);
      yield toSorted(paths[i] ?? '', chunk, place % CHUNK_SIZE);
    }
  }
}

function toSorted(path: ByteString, buffer: Buffer, at: number): SortedRecord {
  return { path, order: buffer.readUInt32LE(at), kind: buffer[at + 4] ?? 0, buffer, at };
}

function writeRun(path: string, records: Iterable<SortedRecord>): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    const out = Buffer.allocUnsafe(CHUNK_SIZE);
    let used = 0;
    for (const { buffer, at } of records) {
      if (CHUNK_SIZE - used < RECORD_MAX) {
        writeWhole(file, out.subarray(0, used));
        used = 0;
      }
      used += buffer.copy(out, used, at, endOfSortedRecord(buffer, at));
    }
    writeWhole(file, out.subarray(0, used));
  } finally {
    closeSync(file);
  }
}

function* readRun(path: string): Generator<SortedRecord> {
  const file = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const part = Buffer.allocUnsafe(CHUNK_SIZE >> 2);
      const length = readSync(file, part);
      if (length === 0) return;
      const buffer = Buffer.concat([rest, part.subarray(0, length)]);
      let at = 0;
      for (let end = endOfSortedRecord(buffer, at); end !== undefined; end = endOfSortedRecord(buffer, at)) {
        yield toSorted(pathOfSortedRecord(buffer, at), buffer, at);
        at = end;
      }
      rest = buffer.subarray(at);
    }
  } finally {
    closeSync(file);
  }
}

function* oneAfterTheOther(runs: readonly Generator<SortedRecord>[]): Generator<SortedRecord> {
  for (const run of runs) yield* run;
}

/** Runs are as old as they are early: of one path the earliest comes first. */
function* mergeRuns(runs: readonly Generator<SortedRecord>[]): Generator<SortedRecord> {
  const heads = runs.map((run) => takeNext(run));
  try {
    for (;;) {
      let least = -1;
      for (const [i, head] of heads.entries()) {
        const best = heads[least];
        if (head !== undefined && (best === undefined || comparePaths(head.path, best.path) < 0)) least = i;
      }
      const head = heads[least];
      if (head === undefined) return;
      yield head;
      heads[least] = takeNext(runs[least]);
    }
  } finally {
    for (const run of runs) run.return(undefined);
  }
}

function takeNext(run: Generator<SortedRecord> | undefined): SortedRecord | undefined {
  const next = run?.next();
  return next === undefined || next.done === true ? undefined : next.value;
}
