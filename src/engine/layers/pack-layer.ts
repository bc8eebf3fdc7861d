import type { EntrySink } from '../../platform/tar/file-entry.js';
import { checkEntryCount } from '../../platform/tar/tar-reader.js';
import { TarWriter, toStoredEntry } from '../../platform/tar/tar-writer.js';
import type { BegunLayer } from './begin-layer.js';
import { type WalkOptions, walk } from './walk-role.js';

export interface PackOptions extends Omit<WalkOptions, 'content' | 'holes' | 'givesBack'> {
  /** What entries and content go through before. */
  readonly through: (sink: EntrySink) => EntrySink;
  /** Takes the bytes of the tar; they are there for the time of the call. */
  readonly write: (bytes: Uint8Array) => void;
  /** Is made of the same entries, as if it were read from the tar. */
  readonly begun: BegunLayer | undefined;
}

/** Writes the tar of a layer from what is below a root. Resolves with false where there is nothing. */
export async function packLayer({ through, write, begun, ...walking }: PackOptions): Promise<boolean> {
  const writer = new TarWriter(write, { reuse: true });
  let hasEntries = false;
  const sink: EntrySink = {
    entry(entry) {
      hasEntries = true;
      writer.entry(entry);
      checkEntryCount(writer.headers);
      begun?.entries.entry(toStoredEntry(entry, writer.position));
    },
    content(bytes) {
      writer.content(bytes);
      begun?.entries.content(bytes);
    },
  };
  await walk({ ...walking, content: true, givesBack: true }, through(sink), () => begun?.drain());
  writer.finish();
  return hasEntries;
}
