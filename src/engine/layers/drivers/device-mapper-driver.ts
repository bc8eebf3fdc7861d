import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { EngineError } from '../../../model/errors.js';
import type { ProcessSpawner } from '../../../platform/process-spawner.js';
import { randomHex } from '../../../platform/random.js';
import { runRole } from '../../../platform/role-process.js';
import { type RootSpec, toRootArguments } from '../root-spec.js';
import { startUnpacking, toUnpackError } from '../unpack-role.js';
import { deviceLayerOf, deviceRootOf, poolOf } from './device-files.js';
import type { StorageDriver } from './storage-driver.js';

export interface DeviceMapperOptions {
  /** The state root. */
  readonly root: string;
  readonly spawner: ProcessSpawner;
  /** Path of mkfs.ext4, which makes the file system that all layers begin with. */
  readonly mkfs: string;
}

/**
 * Every layer and every container is a thin device with an ext4 of its own, a snapshot of the one below it. The place has a file that
 * says which; native/thin.c makes devices, native/thin-layer.c mounts them, and the role `remove` gives them back.
 */
export function createDeviceMapperDriver({ root, spawner, mkfs }: DeviceMapperOptions): StorageDriver {
  const run = async (...words: readonly string[]) => {
    await runRole(spawner, words).catch((error: unknown) => {
      throw toUnpackError(error);
    });
  };
  const makePlace = async (place: string, ...origin: readonly string[]) => {
    mkdirSync(poolOf(root), { recursive: true, mode: 0o700 });
    await run('thin', 'make', place, mkfs, ...origin);
  };
  // What the pool has no block for is lost when it should be written to the disk; the file system says EIO then, or less.
  const explain = async (program: string, error: unknown): Promise<never> => {
    const { isPoolFull } = await import('./pool-status.js');
    if (!(await isPoolFull(root, program))) throw error;
    throw new EngineError('unavailable', `no space left in the thin pool ${poolOf(root)}: ENOSPC`, { cause: error });
  };
  return {
    name: 'devicemapper',
    changes: 'compare',
    isStacked: false,
    async beginLayer(place, { program, parent }) {
      await makePlace(place, ...(parent === undefined ? [] : [parent]));
      const device: RootSpec = { kind: 'overlay', lowers: [], upper: { upper: deviceRootOf(place), work: '-' } };
      // Beside what the layers below have, until it is moved onto that; no tar can know the name.
      const base = parent === undefined ? undefined : `.gantry-${randomHex(16)}`;
      const apart = base === undefined ? {} : { base, apart: true };
      const sink = startUnpacking({ program, root: device, overlayWhiteouts: true, sync: true, ...apart });
      const failing = (error: unknown) => explain(program, error);
      return {
        sink: { ...sink, drain: () => sink.drain().catch(failing), finish: () => sink.finish().catch(failing) },
        async finish() {
          if (base !== undefined) await run('merge', base, '.', ...toRootArguments(device)).catch(failing);
          renameSync(deviceRootOf(place), deviceLayerOf(place));
        },
      };
    },
    layerFolders: (places) => places.slice(0, 1).map(deviceLayerOf),
    hasFiles: (place) => existsSync(deviceLayerOf(place)),
    makeWritable: (place, parent) => makePlace(place, parent ?? '-', 'own'),
    findRoot: (place) => ({ lowers: [], upper: deviceRootOf(place), work: '' }),
  };
}
