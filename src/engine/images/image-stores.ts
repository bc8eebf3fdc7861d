import { join } from 'node:path';
import type { RegistryChoices } from '../../model/service-settings.js';
import type { Database } from '../../platform/database.js';
import { createFileDigests } from '../../platform/file-digest/file-digests.js';
import type { Logger } from '../../platform/logger.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { openContentStore } from '../content/content-store.js';
import { openLeases } from '../content/leases.js';
import type { StorageDriver } from '../layers/drivers/storage-driver.js';
import { openLayerStores } from '../layers/open-layer-stores.js';
import { createRemovals } from '../layers/removals.js';
import { createRegistryClient } from '../registry/client/create-registry-client.js';
import { readRegistrySettings } from '../registry/client/registry-settings.js';
import type { ImageParts } from './image-parts.js';
import { createImageStore } from './image-store.js';

export interface ImageStoresOptions {
  readonly database: Database;
  /** The state root. */
  readonly root: string;
  /** Path of gantry-init. */
  readonly program: string;
  readonly spawner: ProcessSpawner;
  readonly logger: Logger;
  /** Of the state root, the one that makes what is new first. */
  readonly drivers?: readonly [StorageDriver, ...StorageDriver[]];
  /** Of the user whose credentials and proxies count; absent: nobody's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What takes the place of that user's files about registries; undefined: nothing. */
  readonly chooseRegistries?: () => RegistryChoices | undefined;
}

/** Opens what images are kept in. */
export function openImageStores(options: ImageStoresOptions): Omit<ImageParts, 'clock' | 'publish'> {
  const { database, root, program, spawner, logger, drivers, env = {}, chooseRegistries } = options;
  const digests = createFileDigests();
  const removals = createRemovals(spawner, logger);
  return {
    ...{ database, program, spawner },
    content: openContentStore(join(root, 'content'), { digests, deleteFile: (path) => removals.add([path]) }),
    leases: openLeases(database, join(root, 'content', 'leases')),
    layers: openLayerStores({ root, program, spawner, logger, digests, removals, ...(drivers && { drivers }) }),
    images: createImageStore(database),
    registries: createRegistryClient(() => readRegistrySettings(env, chooseRegistries?.())),
  };
}
