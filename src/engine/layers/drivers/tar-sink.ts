import { constants, copyFileSync, createReadStream, linkSync, rmSync, statSync } from 'node:fs';
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
    ...(options.tar === undefined ? { tarPath: tarOf(place) } : {}),
    settled: (file) => tell(() => image.put(file)),
    drain: async () => undefined,
    async finish(isSettled) {
      if (options.tar !== undefined) takeTar(options.tar, tarOf(place));
      hasImage &&= isSettled;
      tell(() => image.finish(statSync(tarOf(place)).size));
      if (hasImage) return;
      image.abort();
      rmSync(imageOf(place));
      await unpackTar(place, options);
      rmSync(tarOf(place));
    },
    abort: () => Promise.resolve(image.abort()),
  };
}

/** Another name of the same file, where there can be one. */
function takeTar(source: string, path: string): void {
  try {
    linkSync(source, path);
  } catch {
    // On another file system, or it has too many names: its bytes are as good.
    copyFileSync(source, path, constants.COPYFILE_FICLONE);
  }
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
