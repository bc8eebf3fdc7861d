import { createReadStream, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { EngineError, messageOf } from '../../../model/errors.js';
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
export async function createTarSink(place: string, options: LayerBeginning): Promise<LayerSink> {
  const tar = await open(tarOf(place), 'wx', 0o600);
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
  let tarBytes = 0;
  let writing: Promise<unknown> | undefined;
  const drain = async () => {
    await writing;
    writing = undefined;
  };
  return {
    entry: (entry) => tell(() => image.add(entry)),
    content: () => undefined,
    tar(bytes) {
      tarBytes += bytes.length;
      writing = tar.writeFile(bytes).catch(cannotWrite(tarOf(place)));
      // Awaited by `drain`.
      writing.catch(() => undefined);
    },
    settled: (file) => tell(() => image.put(file)),
    drain,
    async finish(isSettled) {
      await drain();
      await tar.close();
      hasImage &&= isSettled;
      tell(() => image.finish(tarBytes));
      if (hasImage) return;
      image.abort();
      rmSync(imageOf(place));
      await unpackTar(place, options);
      rmSync(tarOf(place));
    },
    async abort() {
      await drain().catch(() => undefined);
      image.abort();
      await tar.close();
    },
  };
}

function cannotWrite(path: string) {
  return (error: unknown): never => {
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoOf(error));
    throw new EngineError(isFull ? 'unavailable' : 'internal', `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  };
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
