import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCK_SIZE } from '../erofs/erofs-format.js';
import { ImageReader } from '../erofs/image-reader.js';
import { imageOf, tarOf } from './image-files.js';
import { overlayDriver } from './overlay-driver.js';
import type { StorageDriver } from './storage-driver.js';

/**
 * The kernel's overlay, of layers that are mounted as they came: the tar itself, with an EROFS image beside it that says where in the
 * tar each file is. Whatever a tar has in it, nothing of it becomes a path of the host. A layer that such an image cannot tell is a
 * folder, as with overlay2.
 */
export const erofsDriver: StorageDriver = {
  ...overlayDriver,
  name: 'erofs',
  keepsTars: true,
  async beginLayer(place, options) {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const { createTarSink } = await import('./tar-sink.js');
    return { sink: createTarSink(place, options), finish: async () => undefined };
  },
  layerFolders: (places) => places.map((place) => (existsSync(imageOf(place)) ? imageOf(place) : join(place, 'fs'))),
  hasFiles: (place) => (existsSync(imageOf(place)) ? hasWholeFiles(place) : overlayDriver.hasFiles(place)),
};

function hasWholeFiles(place: string): boolean {
  try {
    const reader = new ImageReader(imageOf(place), tarOf(place));
    try {
      const blocks = reader.blocks();
      return countBlocks(imageOf(place)) === blocks.image && countBlocks(tarOf(place)) === blocks.tar;
    } finally {
      reader.close();
    }
  } catch {
    // Cut off, or not there.
    return false;
  }
}

function countBlocks(path: string): number {
  return Math.ceil(statSync(path).size / BLOCK_SIZE);
}
