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
  /** Not for longer than it is written: an archive may have begun a hundred layers before the first is finished. */
  let image: ImageWriter | undefined = new ImageWriter(imageOf(place), Math.floor(Date.now() / 1000));
  let hasImage = true;
  const tell = (step: (image: ImageWriter) => void) => {
    if (!hasImage || image === undefined) return;
    try {
      step(image);
    } catch (error) {
      if (!(error instanceof NoImageError)) throw error;
      hasImage = false;
    }
  };
  return {
    entry: (entry) => tell((own) => own.add(entry)),
    content: () => undefined,
    ...(options.tar === undefined ? { tarPath: tarOf(place) } : {}),
    settled: (file) => tell((own) => own.put(file)),
    drain: async () => undefined,
    async finish(isSettled) {
      if (options.tar !== undefined) takeTar(options.tar, tarOf(place));
      hasImage &&= isSettled;
      tell((own) => own.finish(statSync(tarOf(place)).size));
      image?.abort();
      image = undefined;
      if (hasImage) return;
      rmSync(imageOf(place));
      await unpackTar(place, options);
      rmSync(tarOf(place));
    },
    abort: () => Promise.resolve(image?.abort()),
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

async function unpackTar(place: string, options: LayerBeginning): Promise<void> {
  const { program, parent, hasBelow = parent !== undefined } = options;
  const { sink } = await overlayDriver.beginLayer(place, { program });
  const reader = new TarReader(readLayerEntries(sink, hasBelow));
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
