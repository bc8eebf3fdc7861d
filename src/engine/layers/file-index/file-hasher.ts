import { createHash, type Hash } from 'node:crypto';
import { digestShort } from '../../../platform/file-digest/passing-digest.js';
import { type ByteString, contentLength, type FileEntry } from '../../../platform/tar/file-entry.js';
import { FINGERPRINT_SIZE } from './index-record.js';

/** What two files have in common that are the same but for name, owner, mode and time. */
export interface FileHasher {
  /** The entry whose content comes next. */
  begin(entry: FileEntry): void;
  content(bytes: Uint8Array): void;
  /** Of the entry that was begun: undefined where it has neither content nor attributes, or has holes. */
  end(): Uint8Array | undefined;
}

/**
 * The start of the SHA-256 of a file's content, and where it has extended attributes, of that and them. Files with holes have none: the
 * same file may come with other holes.
 */
export function createFileHasher(): FileHasher {
  let entry: FileEntry | undefined;
  let left = 0;
  let whole: Uint8Array | undefined;
  let parts: Hash | undefined;
  return {
    begin(next) {
      entry = next;
      left = next.kind === 'file' && next.segments === undefined ? contentLength(next) : 0;
      whole = undefined;
      parts = undefined;
    },
    content(bytes) {
      if (left === 0) return;
      // Most files come in one part: one call is half the cost of three.
      if (parts === undefined && bytes.length === left) {
        whole = digestShort(bytes);
      } else {
        parts ??= createHash('sha256');
        parts.update(bytes);
      }
      left -= bytes.length;
    },
    end() {
      const xattrs = listXattrs(entry?.xattrs);
      const content = whole ?? parts?.digest().subarray(0, FINGERPRINT_SIZE);
      entry = undefined;
      return xattrs.length === 0 ? content : digestShort(Buffer.concat([content ?? Buffer.alloc(0), ...xattrs]));
    },
  };
}

/** In the order of their names, without SELinux' labels: those are the host's. */
function listXattrs(xattrs: ReadonlyMap<ByteString, Uint8Array> | undefined): readonly Buffer[] {
  if (xattrs === undefined) return [];
  return [...xattrs]
    .filter(([name]) => name !== 'security.selinux')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => [Buffer.from(`\0${name}\0${value.length}\0`, 'latin1'), Buffer.from(value)]);
}
