// Loads the archive on stdin into the state root that is its argument, with the driver that is the second one, and says each step on stdout.
import { join } from 'node:path';
import { openContentStore } from '../../src/engine/content/content-store.js';
import { openLeases } from '../../src/engine/content/leases.js';
import { createImageStore } from '../../src/engine/images/image-store.js';
import { loadImages } from '../../src/engine/images/load.js';
import { erofsDriver } from '../../src/engine/layers/drivers/erofs-driver.js';
import { openLayerStore } from '../../src/engine/layers/layer-store.js';
import { createRegistryClient } from '../../src/engine/registry/client/create-registry-client.js';
import { DEFAULT_REGISTRY_SETTINGS } from '../../src/engine/registry/client/registry-settings.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { createProcessSpawner } from '../../src/platform/process-spawner.js';
import { failOnWarning } from './fail-on-warning.js';
import { nativeProgram } from './native-program.js';

const root = process.argv[2] ?? '';
const database = openStateDatabase(root);
const spawner = createProcessSpawner(nativeProgram, root);
const parts = {
  database,
  content: openContentStore(root),
  leases: openLeases(database, join(root, 'leases')),
  registries: createRegistryClient(() => DEFAULT_REGISTRY_SETTINGS),
  layers: openLayerStore({
    ...{ root, program: nativeProgram, spawner, logger: failOnWarning },
    ...(process.argv[3] === 'erofs' && { driver: erofsDriver }),
  }),
  images: createImageStore(database),
  clock: { nowMs: () => Date.now() },
  program: nativeProgram,
  spawner,
  publish: () => undefined,
};
process.stdout.write('open\n');
for await (const { phase } of loadImages(parts, process.stdin)) process.stdout.write(`${phase}\n`);
