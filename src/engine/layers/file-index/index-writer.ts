import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { EngineError, messageOf } from '../../../model/errors.js';
import type { FileDigest } from '../../../platform/file-digest/file-digests.js';
import { writeWhole } from '../../../platform/file-parts/write-whole.js';
import type { EntrySink, FileEntry } from '../../../platform/tar/file-entry.js';
import { createFileHasher } from './file-hasher.js';
import {
  DIRECTORY,
  endOfRecord,
  endOfSortedRecord,
  FINGERPRINT_SIZE,
  HAS_FINGERPRINT,
  IS_IMPLIED,
  IS_OPAQUE,
  IS_PART,
  RECORD_HEAD,
  RECORD_MAX,
  settlePart,
} from './index-record.js';
import { createRecordSorter } from './record-sorter.js';
import { type SettledFile, settleRecords, UnsettledError } from './settle-records.js';

/** Says that a file is an index, and of which format. */
export const INDEX_MAGIC = 0x31584c47;
/** Magic, number of records, CRC-32 of what follows, and zero: u32 each. */
export const INDEX_HEAD = 16;
const BUFFER_SIZE = 1 << 18;

/** Takes the entries of a layer as they come, with their content. */
export interface IndexWriter extends EntrySink {
  /**
   * After the last entry: writes all but what digests still have to say. `put` is told of each file. False, and no file, where only the
   * layer's folder can tell what became of the entries.
   */
  settle(put?: (file: SettledFile) => void): boolean;
  /** The rest. `parts`: what `digest` has of its parts. Throws where it was not settled. */
  finish(parts?: Buffer): void;
  /** Deletes what was written. */
  abort(): void;
}

/** Those of so many files are taken beside, and in memory until the index is written: as many megabytes as this is millions, times 16. */
const PARTS_MAX = 1 << 20;

/**
 * Writes the index of a layer to `path`, and while it does so files whose names begin with it. `digest` takes the digests of the files'
 * content, each as a part of the file that it is of: while the last ones are taken, the index is settled. Its methods throw unavailable
 * where that cannot be written.
 */
export function createIndexWriter(path: string, digest?: FileDigest): IndexWriter {
  const sorter = createRecordSorter(path);
  const hasher = createFileHasher();
  /** With a fingerprint that is taken here. */
  let hasEntry = false;
  let parts = 0;
  /** Records that were written. */
  let count = 0;
  const endEntry = () => {
    const fingerprint = hasEntry ? hasher.end() : undefined;
    if (fingerprint !== undefined) sorter.setFingerprint(fingerprint);
  };
  return {
    entry(entry) {
      endEntry();
      hasEntry = true;
      tryToWrite(path, () => sorter.add(entry));
      if (digest !== undefined && parts < PARTS_MAX && canBePart(entry)) {
        hasEntry = false;
        sorter.setPart(digest.add(entry.contentAt ?? 0, entry.sizeBytes));
        parts++;
      } else {
        hasher.begin(entry);
      }
    },
    content: (bytes) => hasher.content(bytes),
    settle(put) {
      endEntry();
      try {
        tryToWrite(path, () => {
          count = writeRecords(path, (own) => settleRecords(sorter.sorted(), putInBoth(own, put)));
        });
        return true;
      } catch (error) {
        rmSync(path, { force: true });
        if (error instanceof UnsettledError) return false;
        throw error;
      } finally {
        sorter.close();
      }
    },
    finish: (digests = NOTHING) => tryToWrite(path, () => completeIndex({ path, count, digests })),
    abort() {
      sorter.close();
      rmSync(path, { force: true });
    },
  };
}

const NOTHING = Buffer.alloc(0);

/** Its fingerprint is the digest of its content alone, and that is in one piece. */
function canBePart({ kind, sizeBytes, segments, xattrs, contentAt }: FileEntry): boolean {
  return kind === 'file' && sizeBytes > 0 && segments === undefined && xattrs === undefined && contentAt !== undefined;
}

type Put = (file: SettledFile) => void;

function putInBoth(one: Put, other: Put | undefined): Put {
  if (other === undefined) return one;
  return (file) => {
    one(file);
    other(file);
  };
}

function tryToWrite(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof UnsettledError) throw error;
    throw new EngineError('unavailable', `cannot write the index of the layer to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** All but the head: an index that is not whole has none. Returns how many there are. */
function writeRecords(path: string, settle: (out: (file: SettledFile) => void) => void): number {
  const file = openSync(path, 'wx', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(BUFFER_SIZE);
    let used = INDEX_HEAD;
    let count = 0;
    buffer.fill(0, 0, INDEX_HEAD);
    settle((settled) => {
      if (BUFFER_SIZE - used < RECORD_MAX) {
        writeWhole(file, buffer.subarray(0, used));
        used = 0;
      }
      used = putFile(buffer, used, settled);
      count++;
    });
    writeWhole(file, buffer.subarray(0, used));
    return count;
  } finally {
    closeSync(file);
  }
}

interface SettledIndex {
  readonly path: string;
  readonly count: number;
  /** Of the parts, by their numbers. */
  readonly digests: Buffer;
}

/** Puts the digests into its records, and last its head. */
function completeIndex({ path, count, digests }: SettledIndex): void {
  const file = openSync(path, 'r+');
  try {
    const buffer = Buffer.allocUnsafe(BUFFER_SIZE);
    let checksum = 0;
    for (let at = INDEX_HEAD; ; ) {
      const length = readSync(file, buffer, 0, BUFFER_SIZE, at);
      if (length === 0) break;
      const records = settleParts(buffer.subarray(0, length), digests);
      checksum = crc32(records, checksum);
      if (digests.length > 0) writeWhole(file, records, at);
      at += records.length;
    }
    const head = Buffer.alloc(INDEX_HEAD);
    for (const [i, value] of [INDEX_MAGIC, count, checksum].entries()) head.writeUInt32LE(value, i * 4);
    writeWhole(file, head, 0);
  } finally {
    closeSync(file);
  }
}

/** The whole records that the buffer begins with. */
function settleParts(buffer: Buffer, digests: Buffer): Buffer {
  let at = 0;
  for (let end = endOfRecord(buffer, at); end !== undefined; end = endOfRecord(buffer, at)) {
    settlePart(buffer, at, digests);
    at = end;
  }
  if (at === 0) throw new Error('what was written of it is not there any more');
  return buffer.subarray(0, at);
}

/** The sorted record with its depth in place of its order, and the last part of its path in place of the whole. */
function putFile(buffer: Buffer, at: number, { depth, path, nameAt, record, isOpaque }: SettledFile): number {
  const from = record?.buffer ?? EMPTY_DIRECTORY;
  const start = record?.at ?? 0;
  const fingerprint = (from[start + 5] ?? 0) & (HAS_FINGERPRINT | IS_PART);
  const isDirectory = from[start + 4] === DIRECTORY;
  from.copy(buffer, at, start, start + RECORD_HEAD);
  buffer.writeUInt32LE(depth, at);
  buffer[at + 5] = (isDirectory && isOpaque ? IS_OPAQUE : 0) | (record === undefined ? IS_IMPLIED : 0) | fingerprint;
  buffer.writeUInt16LE(path.length - nameAt, at + 8);
  let end = at + RECORD_HEAD;
  if (fingerprint !== 0) end += from.copy(buffer, end, start + RECORD_HEAD, start + RECORD_HEAD + FINGERPRINT_SIZE);
  if (record === undefined) return end + buffer.write(path.slice(nameAt), end, 'latin1');
  const nameStart = start + RECORD_HEAD + FINGERPRINT_SIZE + nameAt;
  return end + from.copy(buffer, end, nameStart, endOfSortedRecord(from, start));
}

/** 0755, as it is made. */
const EMPTY_DIRECTORY = (() => {
  const bytes = Buffer.alloc(RECORD_HEAD);
  bytes[4] = DIRECTORY;
  bytes.writeUInt16LE(0o755, 6);
  return bytes;
})();
