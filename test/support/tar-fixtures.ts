import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { TarWriter } from '../../src/platform/tar/tar-writer.js';

export type TestEntry = Partial<FileEntry> & { readonly content?: string | Buffer };

/** A tar of these entries, `file` and 0644 unless said, written as they are: hostile paths too. */
export function makeTar(entries: readonly TestEntry[]): Buffer {
  const parts: Buffer[] = [];
  const writer = new TarWriter((bytes) => parts.push(Buffer.from(bytes)));
  for (const { content, ...entry } of entries) {
    const bytes = Buffer.from(content ?? '');
    writer.entry({ ...DEFAULTS, sizeBytes: bytes.length, ...entry });
    if (bytes.length > 0) writer.content(bytes);
  }
  writer.finish();
  return Buffer.concat(parts);
}

const DEFAULTS: FileEntry = {
  kind: 'file',
  path: '',
  target: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  major: 0,
  minor: 0,
  mtimeSeconds: 1_700_000_000,
  mtimeNanoseconds: 0,
  sizeBytes: 0,
};

/** One part after the other, as a stream of it would come. */
export async function* streamOf(bytes: Uint8Array, partSize = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partSize) {
    await Promise.resolve();
    yield bytes.subarray(at, at + partSize);
  }
}
