import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpawner } from '../../../platform/process-spawner.js';
import { runRole } from '../../../platform/role-process.js';
import { toUnpackError } from '../unpack-role.js';
import { createFolderSink, isFolder } from './folder-sink.js';
import type { StorageDriver } from './storage-driver.js';

/** Runs a role of gantry-init. Rejects with EngineError. */
type Run = (...words: readonly string[]) => Promise<void>;

/** Makes a place whose `fs` begins with what the parent's has, and is missing where there is no parent. */
type MakePlace = (run: Run, place: string, parent: string | undefined) => Promise<void>;

/** Every layer and every container is a whole root, copied; blocks are shared where the file system can do that. */
export function createVfsDriver(spawner: ProcessSpawner): StorageDriver {
  return createFolderDriver('vfs', spawner, async (run, place, parent) => {
    mkdirSync(place, { mode: 0o700 });
    if (parent !== undefined) await run('copy', join(parent, 'fs'), join(place, 'fs'));
  });
}

/** Every place is a subvolume, made as a snapshot of the one below it. */
export function createBtrfsDriver(spawner: ProcessSpawner): StorageDriver {
  return createFolderDriver('btrfs', spawner, async (run, place, parent) => {
    await run('subvolume', place, ...(parent === undefined ? [] : [parent]));
    chmodSync(place, 0o700);
    // What is said of the parent is not true of this one.
    for (const name of readdirSync(place)) if (name !== 'fs') rmSync(join(place, name), { recursive: true });
  });
}

/**
 * Roots that are one folder. A layer is unpacked beside its parent's files as if it were to be a lower folder of an overlay, and
 * then moved onto them: so it is, file by file, what an overlay would show.
 */
function createFolderDriver(name: 'vfs' | 'btrfs', spawner: ProcessSpawner, makePlace: MakePlace): StorageDriver {
  const run: Run = async (...words) => {
    await runRole(spawner, words).catch((error: unknown) => {
      throw toUnpackError(error);
    });
  };
  return {
    name,
    changes: 'compare',
    isStacked: false,
    async beginLayer(place, { program, parent }) {
      await makePlace(run, place, parent);
      const [root, folder] = [join(place, 'fs'), join(place, parent === undefined ? 'fs' : 'diff')];
      mkdirSync(folder, { mode: 0o755 });
      return {
        sink: createFolderSink(program, folder),
        finish: async () => (folder === root ? undefined : await run('merge', folder, root)),
      };
    },
    layerFolders: (places) => places.slice(0, 1).map((place) => join(place, 'fs')),
    hasFiles: (place) => isFolder(join(place, 'fs')),
    async makeWritable(place, parent) {
      await makePlace(run, place, parent);
      const root = join(place, 'fs');
      if (parent === undefined) mkdirSync(root);
      // Of its root an overlay shows the owner and mode that the engine gave the upper folder.
      chownSync(root, 0, 0);
      chmodSync(root, 0o755);
    },
    findRoot: (place) => ({ lowers: [], upper: join(place, 'fs'), work: '' }),
  };
}
