import { PART_DIGEST_SIZE } from '../../../platform/file-digest/passing-digest.js';
import type { ByteString, EntryKind, FileEntry } from '../../../platform/tar/file-entry.js';

/**
 * One file in an index, little-endian; `number` and `name` are the order in the tar and the path while the records are
 * sorted, and the depth below the root and the last part of the path in the finished index:
 *
 *   0 u32 number       8 u16 length of name      16 u32 gid                   32 f64 size
 *   4 u8  kind        10 u16 length of target    20 u32 mtime, nanoseconds    40 16 bytes of fingerprint, if it has one
 *   5 u8  flags       12 u32 uid                 24 f64 mtime, seconds           name, target
 *   6 u16 mode
 */
export const RECORD_HEAD = 40;
export const FINGERPRINT_SIZE = PART_DIGEST_SIZE;
/** The head, and the longest path and link target that a tar may have. */
export const RECORD_MAX = RECORD_HEAD + FINGERPRINT_SIZE + 2 * 4096;

export const IS_OPAQUE = 1;
/** A directory that stands in the tar only as a part of other paths. */
export const IS_IMPLIED = 2;
export const HAS_FINGERPRINT = 4;
/** Until the index is finished: the fingerprint is that of a part of a file, and its number stands in its place. */
export const IS_PART = 8;

/** In the order of their codes, which never changes. */
export const INDEX_KINDS: readonly EntryKind[] = [
  'directory',
  'file',
  'symlink',
  'hardlink',
  'character',
  'block',
  'fifo',
  'whiteout',
  'opaque',
];
export const DIRECTORY = 0;
export const FILE = 1;
export const SYMLINK = 2;
export const HARDLINK = 3;
export const WHITEOUT = 7;
export const OPAQUE = 8;

const CODES: ReadonlyMap<EntryKind, number> = new Map(INDEX_KINDS.map((kind, code) => [kind, code]));

export function kindCode(kind: EntryKind): number {
  return CODES.get(kind) ?? FILE;
}

/** Writes an entry with its whole path; returns where it ends. The fingerprint comes later, by `setFingerprint`. */
export function writeRecord(buffer: Buffer, at: number, entry: FileEntry, order: number): number {
  const isDevice = entry.kind === 'character' || entry.kind === 'block';
  const target = isDevice ? `${entry.major}:${entry.minor}` : entry.target;
  writeHead(buffer, at, entry, order);
  buffer.writeUInt16LE(entry.path.length, at + 8);
  buffer.writeUInt16LE(target.length, at + 10);
  let end = at + RECORD_HEAD + FINGERPRINT_SIZE;
  end += buffer.write(entry.path, end, 'latin1');
  return target === '' ? end : end + buffer.write(target, end, 'latin1');
}

function writeHead(buffer: Buffer, at: number, entry: FileEntry, order: number): void {
  buffer.writeUInt32LE(order, at);
  buffer[at + 4] = kindCode(entry.kind);
  buffer[at + 5] = 0;
  buffer.writeUInt16LE(entry.mode & 0o7777, at + 6);
  buffer.writeUInt32LE(entry.uid, at + 12);
  buffer.writeUInt32LE(entry.gid, at + 16);
  buffer.writeUInt32LE(entry.mtimeNanoseconds, at + 20);
  buffer.writeDoubleLE(entry.mtimeSeconds, at + 24);
  buffer.writeDoubleLE(entry.sizeBytes, at + 32);
  buffer.fill(0, at + RECORD_HEAD, at + RECORD_HEAD + FINGERPRINT_SIZE);
}

/** Of a record that `writeRecord` wrote at `at`. */
export function setFingerprint(buffer: Buffer, at: number, fingerprint: Uint8Array): void {
  buffer[at + 5] = HAS_FINGERPRINT;
  buffer.set(fingerprint.subarray(0, FINGERPRINT_SIZE), at + RECORD_HEAD);
}

/** The same where it will be known by the number of a part. */
export function setPart(buffer: Buffer, at: number, number: number): void {
  buffer[at + 5] = IS_PART;
  buffer.writeUInt32LE(number, at + RECORD_HEAD);
}

/** Puts the digest in the place of the number. */
export function settlePart(buffer: Buffer, at: number, digests: Buffer): void {
  if (buffer[at + 5] !== IS_PART) return;
  const start = buffer.readUInt32LE(at + RECORD_HEAD) * FINGERPRINT_SIZE;
  setFingerprint(buffer, at, digests.subarray(start, start + FINGERPRINT_SIZE));
}

/** Where a record of an index ends; undefined where the buffer ends before it does, and where it is none. */
export function endOfRecord(buffer: Buffer, at: number): number | undefined {
  if (at + RECORD_HEAD > buffer.length || (buffer[at + 4] ?? 0) >= INDEX_KINDS.length) return undefined;
  const fingerprint = ((buffer[at + 5] ?? 0) & (HAS_FINGERPRINT | IS_PART)) === 0 ? 0 : FINGERPRINT_SIZE;
  const end = at + RECORD_HEAD + fingerprint + buffer.readUInt16LE(at + 8) + buffer.readUInt16LE(at + 10);
  return end > buffer.length ? undefined : end;
}

/** A record as `writeRecord` wrote it, and what is compared of it. */
export interface SortedRecord {
  readonly path: ByteString;
  readonly order: number;
  readonly kind: number;
  /** Its bytes begin at `at`. */
  readonly buffer: Buffer;
  readonly at: number;
}

/** Where a record ends that `writeRecord` wrote; undefined where the buffer ends before it does. */
export function endOfSortedRecord(buffer: Buffer, at: number): number | undefined {
  if (buffer.length - at < RECORD_HEAD) return undefined;
  const lengths = buffer.readUInt16LE(at + 8) + buffer.readUInt16LE(at + 10);
  const end = at + RECORD_HEAD + FINGERPRINT_SIZE + lengths;
  return end > buffer.length ? undefined : end;
}

export function pathOfSortedRecord(buffer: Buffer, at: number): ByteString {
  const start = at + RECORD_HEAD + FINGERPRINT_SIZE;
  return buffer.toString('latin1', start, start + buffer.readUInt16LE(at + 8));
}

/** Below zero where `a` comes first: a directory comes right before all that is in it. */
export function comparePaths(a: ByteString, b: ByteString): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return orderOf(x) - orderOf(y);
  }
  return a.length - b.length;
}

/** The slash before all that a name can hold. */
function orderOf(code: number): number {
  return code === 0x2f ? 0 : code;
}
