import type { ByteString } from '../../../platform/tar/file-entry.js';
import { DIRECTORY, OPAQUE, type SortedRecord, SYMLINK, WHITEOUT } from './index-record.js';

/** What a layer has at one path when all of its tar is read. */
export interface SettledFile {
  readonly path: ByteString;
  /** Where the last part of the path begins in it. */
  readonly nameAt: number;
  /** Below the root. */
  readonly depth: number;
  /** What the tar says of it; undefined for a directory that it names only as a part of other paths. */
  readonly record: SortedRecord | undefined;
  /** Of a directory: what the layers below have in it is hidden. */
  readonly isOpaque: boolean;
}

/**
 * The tar wrote through a symbolic link of its own, or below what is no directory: where a file went to, if anywhere, is known only
 * to the file system. The layer's index is then made of its folder.
 */
export class UnsettledError extends Error {
  override readonly name = 'UnsettledError';
}

/**
 * Records in the order of their paths become the files that the layer has in the end, as unpacking them one after the
 * other leaves them (src/engine/isolation/native/unpack.c): the last of one path wins, what replaces a directory takes
 * away what was in it, a whiteout hides only what is below. Directories that are parts of paths only are put in.
 * Throws UnsettledError.
 */
export function settleRecords(records: Iterable<SortedRecord>, out: (file: SettledFile) => void): void {
  const root = new PathState('', 0, undefined);
  let top = root;
  for (const record of records) {
    const { path } = record;
    for (; !isAtOrBelow(path, top); top = top.parent ?? root) top.put(out, false);
    const above = path === top.path ? top.parent : top;
    if (above?.isGoneBelow(record) === true) continue;
    while (path !== top.path) {
      top.put(out, true);
      top = top.stepTo(path);
    }
    top.apply(record);
  }
  for (let left: PathState | undefined = top; left !== undefined; left = left.parent) left.put(out, false);
}

function isAtOrBelow(path: ByteString, { path: top, parent }: PathState): boolean {
  return parent === undefined || path === top || (path.charCodeAt(top.length) === 0x2f && path.startsWith(top));
}

/** What one path has become, from its first record to its last; it is put out when that is known. */
class PathState implements SettledFile {
  readonly path: ByteString;
  readonly nameAt: number;
  readonly depth: number;
  readonly parent: PathState | undefined;
  record: SortedRecord | undefined = undefined;
  isOpaque = false;
  /** What came before this below the path is gone: something else than a directory stood there. */
  #cut: number;
  /** What came after this below the path went through a symbolic link. */
  #linkFrom: number;
  /** What came after this below the path came below a file; and when there were files that have become directories again. */
  #fileFrom: number;
  #files: readonly (readonly [from: number, to: number])[];
  #isOut = false;

  constructor(path: ByteString, nameAt: number, parent: PathState | undefined) {
    this.path = path;
    this.nameAt = nameAt;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.#cut = parent === undefined ? -1 : parent.#cut;
    this.#linkFrom = parent === undefined ? Number.POSITIVE_INFINITY : parent.#linkFrom;
    this.#fileFrom = parent === undefined ? Number.POSITIVE_INFINITY : parent.#fileFrom;
    this.#files = parent === undefined ? [] : parent.#files;
  }

  /** True if what became of this path took away what the record made below it. Throws UnsettledError. */
  isGoneBelow({ path, order }: SortedRecord): boolean {
    const isBelowFile = order > this.#fileFrom || this.#files.some(([from, to]) => order > from && order < to);
    if (order > this.#linkFrom || isBelowFile) throw new UnsettledError(path);
    return order < this.#cut;
  }

  /** The next directory on the way to a path that is below this one, or the path itself. */
  stepTo(path: ByteString): PathState {
    const nameAt = this.parent === undefined ? 0 : this.path.length + 1;
    const slash = path.indexOf('/', nameAt);
    return new PathState(slash < 0 ? path : path.slice(0, slash), nameAt, this);
  }

  apply(record: SortedRecord): void {
    const known = this.record?.kind;
    const isFile = known !== undefined && known !== DIRECTORY && known !== WHITEOUT;
    switch (record.kind) {
      case OPAQUE:
        this.isOpaque = true;
        break;
      case WHITEOUT:
        // On a file it says nothing new; a directory, named or not, becomes opaque.
        if (isFile) break;
        this.isOpaque = true;
        this.record ??= record;
        break;
      case DIRECTORY:
        if (isFile) this.isOpaque = false;
        this.record = record;
        this.#endFile(record.order);
        break;
      default:
        this.isOpaque = false;
        this.record = record;
        this.#cut = Math.max(this.#cut, record.order);
        if (record.kind !== SYMLINK) this.#fileFrom = Math.min(this.#fileFrom, record.order);
        else this.#linkFrom = Math.min(this.#linkFrom, record.order);
    }
  }

  #endFile(order: number): void {
    const from = this.parent === undefined ? Number.POSITIVE_INFINITY : this.parent.#fileFrom;
    if (this.#fileFrom < from) this.#files = [...this.#files, [this.#fileFrom, order]];
    this.#fileFrom = from;
  }

  put(out: (file: SettledFile) => void, isParent: boolean): void {
    if (this.#isOut) return;
    this.#isOut = true;
    // A whiteout with files of the same layer below it is an opaque directory.
    if (isParent && this.record?.kind === WHITEOUT) this.record = undefined;
    out(this);
  }
}
