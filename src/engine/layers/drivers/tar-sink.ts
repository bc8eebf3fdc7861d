import { closeSync, constants, copyFileSync, createReadStream, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { EngineError, messageOf } from '../../../model/errors.js';
import { writeWhole } from '../../../platform/file-parts/write-whole.js';
import { errnoOf } from '../../../platform/kernel-file.js';
import { TarReader } from '../../../platform/tar/tar-reader.js';
import { ImageWriter } from '../erofs/image-writer.js';
import { NoImageError } from '../erofs/no-image-error.js';
import { readLayerEntries } from '../layer-reader.js';
import type { LayerSink } from '../layer-sink.js';
import { imageOf, tarOf } from './image-files.js';
import { overlayDriver } from './overlay-driver.js';
import type { LayerBeginning } from './storage-driver.js';

/** Keeps the tar of a layer and writes the image beside it; what an image cannot tell is unpacked into a folder at the end. */
export function createTarSink(place: string, options: LayerBeginning): LayerSink {
  const tar = options.tar === undefined ? writeTar(tarOf(place)) : takeTar(options.tar, tarOf(place));
  const image = new ImageWriter(imageOf(place), Math.floor(Date.now() / 1000));
  let hasImage = true;
  const tell = (step: () => void) => {
    if (!hasImage) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof NoImageError)) throw error;
      hasImage = false;
    }
  };
  return {
    entry: (entry) => tell(() => image.add(entry)),
    content: () => undefined,
    ...(tar.write === undefined ? {} : { tar: tar.write }),
    settled: (file) => tell(() => image.put(file)),
    drain: async () => undefined,
    async finish(isSettled) {
      tar.finish();
      hasImage &&= isSettled;
      tell(() => image.finish(tar.sizeBytes()));
      if (hasImage) return;
      image.abort();
      rmSync(imageOf(place));
      await unpackTar(place, options);
      rmSync(tarOf(place));
    },
    async abort() {
      tar.abort();
      image.abort();
      await Promise.resolve();
    },
  };
}

/** The file of a tar on its way. */
interface TarFile {
  /** Absent where all of it is there. */
  readonly write?: (bytes: Uint8Array) => void;
  /** When it is finished. */
  sizeBytes(): number;
  finish(): void;
  abort(): void;
}

function writeTar(path: string): TarFile {
  const file = openSync(path, 'wx', 0o600);
  let sizeBytes = 0;
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    sizeBytes: () => sizeBytes,
    write(bytes) {
      sizeBytes += bytes.length;
      try {
        writeWhole(file, bytes);
      } catch (error) {
        throw cannotWrite(path, error);
      }
    },
    finish: close,
    abort: close,
  };
}

/** Another name of the same file, where there can be one. */
function takeTar(source: string, path: string): TarFile {
  return {
    sizeBytes: () => statSync(path).size,
    finish() {
      try {
        linkSync(source, path);
      } catch {
        // On another file system, or it has too many names: its bytes are as good.
        copyFileSync(source, path, constants.COPYFILE_FICLONE);
      }
    },
    abort: () => undefined,
  };
}

function cannotWrite(path: string, error: unknown): EngineError {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoOf(error));
  return new EngineError(isFull ? 'unavailable' : 'internal', `cannot write ${path}: ${messageOf(error)}`, {
    cause: error,
  });
}

async function unpackTar(place: string, { program, parent }: LayerBeginning): Promise<void> {
  const { sink } = await overlayDriver.beginLayer(place, { program, ...(parent === undefined ? {} : { parent }) });
  const reader = new TarReader(readLayerEntries(sink, parent !== undefined));
  try {
    for await (const bytes of createReadStream(tarOf(place), { highWaterMark: 1 << 20 })) {
      reader.push(bytes as Buffer);
      await sink.drain();
    }
    reader.finish();
    await sink.finish(false);
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
