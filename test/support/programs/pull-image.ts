// Pulls the second argument into the state root that is the first, with the storage driver erofs where that is the third, and says each
// step on stdout.

import { openImageStores } from '../../../src/engine/images/image-stores.js';
import { pullImage } from '../../../src/engine/images/pull.js';
import { erofsDriver } from '../../../src/engine/layers/drivers/erofs-driver.js';
import { openStateDatabase } from '../../../src/engine/state/state-database.js';
import { createProcessSpawner } from '../../../src/platform/process-spawner.js';
import { failOnWarning } from '../fail-on-warning.js';
import { nativeProgram } from '../native-program.js';

const [, , root = '', reference = '', driver = ''] = process.argv;
const database = openStateDatabase(root);
const spawner = createProcessSpawner(nativeProgram, root);
const env = { HOME: root };
const drivers = driver === 'erofs' ? { drivers: [erofsDriver] as const } : {};
const stores = openImageStores({
  ...{ database, root, program: nativeProgram, spawner, logger: failOnWarning, env },
  ...drivers,
});
const parts = { ...stores, clock: { nowMs: () => Date.now() }, publish: () => undefined };
for await (const { phase } of pullImage(parts, reference)) process.stdout.write(`${phase}\n`);
spawner.close();
database.close();
