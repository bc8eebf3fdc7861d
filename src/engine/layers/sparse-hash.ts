import { createHash, type Hash } from 'node:crypto';
import { contentLength, type FileEntry } from '../../platform/tar/file-entry.js';

/** A hash of a file's whole content, of which only what stands between its holes comes in. */
export interface SparseHash {
  update(bytes: Uint8Array): void;
  /** Base64. */
  finish(): string;
}

const ZEROS = Buffer.alloc(1 << 16);

/** Where the holes are is the file system's business: two files with the same bytes have the same hash. */
export function createSparseHash(entry: FileEntry): SparseHash {
  const hash = createHash('sha256');
  const segments = [...(entry.segments ?? [{ offset: 0, length: contentLength(entry) }])];
  let at = 0;
  return {
    update(bytes) {
      for (let used = 0; used < bytes.length; ) {
        const segment = segments[0];
        if (segment === undefined) return;
        at = fillTo(hash, at, segment.offset);
        const part = bytes.subarray(used, used + segment.length);
        hash.update(part);
        used += part.length;
        at += part.length;
        segments.shift();
        const rest = segment.length - part.length;
        if (rest > 0) segments.unshift({ offset: at, length: rest });
      }
    },
    finish() {
      fillTo(hash, at, entry.sizeBytes);
      return hash.digest('base64');
    },
  };
}

function fillTo(hash: Hash, from: number, to: number): number {
  let at = from;
  for (; at < to; at += ZEROS.length) hash.update(ZEROS.subarray(0, Math.min(ZEROS.length, to - at)));
  return Math.max(from, to);
}
