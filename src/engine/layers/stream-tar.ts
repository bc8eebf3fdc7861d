import type { EntrySink, FileEntry } from '../../platform/tar/file-entry.js';
import { TarWriter } from '../../platform/tar/tar-writer.js';
import { type WalkOptions, walk } from './walk-role.js';

export interface StreamTarOptions extends Omit<WalkOptions, 'content'> {
  /** Changes an entry on its way into the tar, or leaves it out. */
  readonly map?: (entry: FileEntry) => FileEntry | undefined;
  /** What entries and content go through before. */
  readonly through?: (sink: EntrySink) => EntrySink;
}

/** A tar of what is below a root, as a stream that reads on only as far as it is read. */
export async function* streamTar(options: StreamTarOptions): AsyncGenerator<Buffer> {
  const ready: Buffer[] = [];
  let wakeReader: (() => void) | undefined;
  let wakeWriter: (() => void) | undefined;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const writer = new TarWriter((bytes) => ready.push(bytes), { sparse: options.holes === true });
  const drain = async (): Promise<void> => {
    wakeReader?.();
    while (ready.length > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wakeWriter = resolve;
      });
    }
  };
  let isDone = false;
  const { map, through = (sink: EntrySink) => sink } = options;
  const work = walk({ ...options, content: true, signal }, through(mapEntries(writer, map)), drain)
    .then(() => writer.finish())
    .finally(() => {
      isDone = true;
      wakeReader?.();
    });
  work.catch(() => undefined);
  try {
    while (!isDone || ready.length > 0) {
      yield* ready.splice(0);
      wakeWriter?.();
      if (isDone || ready.length > 0) continue;
      await new Promise<void>((resolve) => {
        wakeReader = resolve;
      });
    }
    await work;
  } finally {
    stop.abort();
    wakeWriter?.();
    await work.catch(() => undefined);
  }
}

function mapEntries(writer: TarWriter, map: StreamTarOptions['map']) {
  let isSkipping = false;
  return {
    entry(entry: FileEntry) {
      const mapped = map === undefined ? entry : map(entry);
      isSkipping = mapped === undefined;
      if (mapped !== undefined) writer.entry(mapped);
    },
    content(bytes: Uint8Array) {
      if (!isSkipping) writer.content(bytes);
    },
  };
}
