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
 * The tar wrote through a symbolic link of its own: where a file went to is known only to the file system. The layer's
 * index is then made of its folder.
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
  const leave = () => {
    top.put(out, false);
    top = top.parent ?? top;
  };
  const enter = (path: ByteString) => {
    top.put(out, true);
    top = new PathState(path, top === root ? 0 : top.path.length + 1, top);
  };
  for (const record of records) {
    const { path, order } = record;
    while (top !== root && path !== top.path && !isBelow(path, top.path)) leave();
    const above = path === top.path ? top.parent : top;
    if (above !== undefined && order < above.cut) continue;
    if (above !== undefined && order > above.linkFrom) throw new UnsettledError(path);
    while (path !== top.path) {
      const slash = path.indexOf('/', top === root ? 0 : top.path.length + 1);
      enter(slash < 0 ? path : path.slice(0, slash));
    }
    top.apply(record);
  }
  while (top !== root) leave();
  leave();
}

function isBelow(path: ByteString, directory: ByteString): boolean {
  return path.charCodeAt(directory.length) === 0x2f && path.startsWith(directory);
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
  cut: number;
  /** What came after this below the path went through a symbolic link. */
  linkFrom: number;
  #isOut = false;

  constructor(path: ByteString, nameAt: number, parent: PathState | undefined) {
    this.path = path;
    this.nameAt = nameAt;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.cut = parent?.cut ?? -1;
    this.linkFrom = parent?.linkFrom ?? Number.POSITIVE_INFINITY;
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
        break;
      default:
        this.isOpaque = false;
        this.record = record;
        this.cut = Math.max(this.cut, record.order);
        if (record.kind === SYMLINK) this.linkFrom = Math.min(this.linkFrom, record.order);
    }
  }

  put(out: (file: SettledFile) => void, isParent: boolean): void {
    if (this.#isOut) return;
    this.#isOut = true;
    // A whiteout with files of the same layer below it is an opaque directory.
    if (isParent && this.record?.kind === WHITEOUT) this.record = undefined;
    out(this);
  }
}
