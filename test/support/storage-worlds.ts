import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { selectStorageDrivers } from '../../src/engine/layers/drivers/select-drivers.js';
import type { StorageDriverName } from '../../src/engine/layers/drivers/storage-driver.js';
import { openLayerStore } from '../../src/engine/layers/layer-store.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { failOnWarning } from './fail-on-warning.js';
import { nativeProgram } from './native-program.js';
import { makeSpawner } from './process-spawner.js';
import { type Requirement, requires } from './requires.js';

/** What each driver needs; a driver that this host has not is skipped and said so. */
const NEEDS: Readonly<Record<StorageDriverName, readonly Requirement[]>> = {
  erofs: ['erofs'],
  overlay2: [],
  btrfs: ['btrfs', 'command:mkfs.btrfs', 'command:mount'],
  'fuse-overlayfs': ['fuse', 'command:fuse-overlayfs'],
  vfs: [],
};

/** Every driver with the option that skips its test. `overlay` is needed everywhere: it is what the others are measured by. */
export const STORAGE_WORLDS = Object.entries(NEEDS).map(([name, needs]) => ({
  name: name as StorageDriverName,
  needs: requires('root', 'overlay', 'command:busybox', 'command:python3', ...needs),
}));

/** A folder that a driver can have its state root in, and what takes it away again; `sizeMb` is that of a file system of its own. */
export function makeStorageFolder(
  name: StorageDriverName | 'vfs on btrfs',
  sizeMb = 512,
): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-storage-'));
  if (name !== 'btrfs' && name !== 'vfs on btrfs') {
    return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
  }
  const [image, mount] = [join(folder, 'image'), join(folder, 'mount')];
  writeFileSync(image, '');
  truncateSync(image, sizeMb * 2 ** 20);
  mkdirSync(mount);
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  execFileSync('mkfs.btrfs', ['-q', image], { env, stdio: 'ignore' });
  execFileSync('mount', ['-o', 'loop', image, mount], { env });
  return {
    folder: mount,
    remove() {
      execFileSync('umount', [mount], { env });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A store of layers of a driver on a fresh state root, or on one that is the caller's; closed when the test has ended. */
export async function openDriverStore(t: TestContext, name: StorageDriverName, folder?: string) {
  const { folder: root, remove } = folder === undefined ? makeStorageFolder(name) : { folder, remove: () => undefined };
  const opened: { close(): Promise<void> | void }[] = [];
  t.after(async () => {
    for (const one of opened) await one.close();
    remove();
  });
  const database = openStateDatabase(root);
  opened.push(database);
  const spawner = makeSpawner(t);
  const [driver] = await selectStorageDrivers({
    ...{ database, root, program: nativeProgram, spawner, probe: probeHost() },
    wanted: name,
  });
  const store = openLayerStore({ root, program: nativeProgram, spawner, logger: failOnWarning, driver });
  opened.unshift(store);
  const own = name === 'overlay2' ? root : join(root, name);
  return { root, own, store, spawner, database };
}

export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
