/**
 * Text in which each character stands for one byte (`latin1`): names in an archive are bytes and need not be UTF-8, and
 * two different names must stay different. `toByteString` and `fromByteString` go from and to real text.
 */
export type ByteString = string;

export type EntryKind =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character'
  | 'block'
  | 'fifo'
  /** A path that a layer takes away from the layers below. */
  | 'whiteout'
  /** A directory of which a layer hides all that the layers below have in it. */
  | 'opaque';

/** One file of a tar, of an entry stream or of a layer. */
export interface FileEntry {
  readonly kind: EntryKind;
  /** Relative, without `.`, `..` and empty parts; the root is the empty string. */
  readonly path: ByteString;
  /** Where a symlink points, as it is; the cleaned path that a hard link is another name of. */
  readonly target: ByteString;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly major: number;
  readonly minor: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Of a regular file with its holes; 0 for everything else. */
  readonly sizeBytes: number;
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array>;
  /** Where the content stands in a file with holes; absent: the content is the whole file. */
  readonly segments?: readonly Segment[];
  /** Where the content begins in the archive that it was read from, bytes. */
  readonly contentAt?: number;
  /** Names that the file has (st_nlink), where it was read from a file system. */
  readonly links?: number;
  /** The layers below have something at this path, where that was asked for. */
  readonly below?: boolean;
}

export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** Takes what a reader reads: an entry, its content in parts, and so on. Nothing is kept of `bytes` after the call. */
export interface EntrySink {
  entry(entry: FileEntry): void;
  content(bytes: Uint8Array): void;
}

export function toByteString(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function fromByteString(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Bytes of content that follow the entry. */
export function contentLength(entry: FileEntry): number {
  if (entry.kind !== 'file') return 0;
  if (entry.segments === undefined) return entry.sizeBytes;
  return entry.segments.reduce((sum, segment) => sum + segment.length, 0);
}
