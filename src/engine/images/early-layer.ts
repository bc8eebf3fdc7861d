import { TarReader } from '../../platform/tar/tar-reader.js';
import type { BlobWriter } from '../content/content-store.js';
import type { BegunLayer } from '../layers/begin-layer.js';
import type { LayerStore } from '../layers/layer-store.js';

/**
 * The layer of a tar that is being written, before anybody has said that it is one: an archive of images names its layers at its end. What
 * is wrong with it is said, if at all, by who applies it.
 */
export interface EarlyLayer {
  /** What comes next of the tar; to be called before it is written. */
  push(bytes: Uint8Array): void;
  /** Waits until what was pushed is taken; call it between parts. */
  drain(): Promise<void>;
  /** After the last part. Resolves with nothing where it is no layer. */
  end(): Promise<BegunLayer | undefined>;
  discard(): Promise<void>;
}

/** What its digest has passed cannot become a part of it any more; it begins to go on at four times as much. */
const MOST_WAITING_BYTES = 4 << 20;

export function beginEarly(layers: Pick<LayerStore, 'begin'>, { path, digest }: BlobWriter): EarlyLayer {
  /** Parts that came before there was somebody to take them. */
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let begun: BegunLayer | undefined;
  let reader: TarReader | undefined;
  let isGivenUp = false;
  const attempt = (step: () => void): void => {
    if (isGivenUp) return;
    try {
      step();
    } catch {
      // Whoever applies the tar says what is wrong with it.
      isGivenUp = true;
    }
  };
  const wait = (bytes: Uint8Array): void => {
    waitingBytes += bytes.length;
    if (waitingBytes > MOST_WAITING_BYTES) isGivenUp = true;
    else waiting.push(Buffer.from(bytes));
  };
  const opened = layers.begin({ tar: path, ...(digest && { digest }) }).then(
    (layer) => {
      begun = layer;
      if (layer === undefined) isGivenUp = true;
      else reader = new TarReader(layer.entries);
    },
    () => {
      isGivenUp = true;
    },
  );
  const drain = async (): Promise<void> => {
    await opened;
    const parts = waiting;
    waiting = [];
    for (const part of parts) attempt(() => reader?.push(part));
    await begun?.drain().catch(() => {
      isGivenUp = true;
    });
  };
  const drop = async (): Promise<void> => {
    const unwanted = begun;
    begun = undefined;
    await unwanted?.discard();
  };
  const finish = async (): Promise<BegunLayer | undefined> => {
    await drain();
    attempt(() => reader?.finish());
    reader = undefined;
    if (!isGivenUp) {
      await begun?.settle().catch(() => {
        isGivenUp = true;
      });
    }
    // At once: an archive may have any number of such files.
    if (isGivenUp) await drop();
    return begun;
  };
  let finished: Promise<BegunLayer | undefined> | undefined;
  return {
    push(bytes) {
      if (isGivenUp) return;
      if (reader === undefined || waiting.length > 0) wait(bytes);
      else attempt(() => reader?.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
    },
    drain,
    end() {
      finished ??= finish();
      return finished;
    },
    async discard() {
      isGivenUp = true;
      await opened;
      // What is being made cannot be deleted.
      await finished;
      await drop();
    },
  };
}
