import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { OpenedBlob } from '../../client/repository.js';
import type { ContentDigest } from '../content-digest.js';
import type { RegistryStore } from '../store/registry-store.js';

/** A blob that comes from upstream and can be read while it comes. */
export interface Download {
  readonly totalBytes: number | undefined;
  /**
   * All of it from the start. The last byte comes when the whole is verified: nobody gets a whole blob that is another.
   * Rejects with what ended the download.
   */
  read(): AsyncGenerator<Buffer>;
  /** Resolves when it is kept. */
  readonly done: Promise<void>;
  /** Ends it; `done` rejects. */
  cancel(): Promise<void>;
}

const READ_BYTES = 512 * 1024;

/** Begins to write the blob into the store; it goes on when those who read have gone. */
export function startDownload(
  store: RegistryStore,
  repository: string,
  digest: ContentDigest,
  blob: OpenedBlob,
): Download {
  const upload = store.uploads.start(repository, 'sha256');
  const path = store.uploads.pathOf(upload.id);
  let readable = 0;
  let isWhole = false;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
  };
  const work = async () => {
    await upload.append(Readable.from(blob.read(), { objectMode: false }), 0, (sizeBytes) => {
      readable = sizeBytes - 1;
      wake();
    });
    await store.commitUpload(upload, digest);
    readable = upload.sizeBytes;
    isWhole = true;
  };
  const done = work().catch(async (error: unknown) => {
    await store.uploads.remove(upload);
    throw error;
  });
  // Those who read find the failure in `done`; where nobody reads, there is nobody to tell.
  done.catch(() => undefined).finally(wake);
  return {
    totalBytes: blob.totalBytes,
    done,
    cancel: upload.stop,
    async *read() {
      // The upload's name goes when the blob has its own.
      const handle = await open(path).catch(() => store.files.open(digest));
      try {
        for (let at = 0; ; ) {
          if (at >= readable && isWhole) return;
          if (at >= readable) {
            await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), done]);
            continue;
          }
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, readable - at));
          const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },
  };
}
