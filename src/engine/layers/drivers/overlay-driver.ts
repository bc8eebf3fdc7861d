import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFolderSink, isFolder } from './folder-sink.js';
import type { StorageDriver } from './storage-driver.js';

/** The kernel's overlay: `fs` of a layer is a lower folder, a container has `upper` and `work`. */
export const overlayDriver: StorageDriver = {
  name: 'overlay2',
  changes: 'upper',
  isStacked: true,
  async beginLayer(place, { program }) {
    const folder = join(place, 'fs');
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return await Promise.resolve({ sink: createFolderSink(program, folder), finish: async () => undefined });
  },
  layerFolders: (places) => places.map((place) => join(place, 'fs')),
  hasFiles: (place) => isFolder(join(place, 'fs')),
  async makeWritable(place) {
    // The root directory of the overlay has the owner and mode of the upper one.
    for (const name of ['upper', 'work']) mkdirSync(join(place, name), { recursive: true, mode: 0o755 });
    await Promise.resolve();
  },
  findRoot: (place, lowers) => ({ lowers, upper: join(place, 'upper'), work: join(place, 'work') }),
};

/**
 * The same folders with an overlay that a program makes. It notes what it hides in more ways than the kernel does, so its upper
 * folder is no layer.
 */
export function createFuseOverlayDriver(fuseProgram: string): StorageDriver {
  return { ...overlayDriver, name: 'fuse-overlayfs', changes: 'compare', fuseProgram };
}
