import { execFileSync, spawnSync } from 'node:child_process';
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
  devicemapper: ['device-mapper', 'command:mkfs.ext4'],
};

/** Every driver with the option that skips its test. `overlay` is needed everywhere: it is what the others are measured by. */
export const STORAGE_WORLDS = Object.entries(NEEDS).map(([name, needs]) => ({
  name: name as StorageDriverName,
  needs: requires('root', 'overlay', 'command:busybox', 'command:python3', ...needs),
}));

export interface StorageFolder {
  readonly folder: string;
  /** Takes it away again. */
  remove(): void;
}

/** A folder that a driver can have its state root in; `sizeMb` is the size of a file system of its own. */
export function makeStorageFolder(name: StorageDriverName | 'vfs on btrfs', sizeMb = 512): StorageFolder {
  if (name === 'btrfs' || name === 'vfs on btrfs') return makeBtrfs(sizeMb);
  const folder = mkdtempSync(join(tmpdir(), 'gantry-storage-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A file system in a file. With nothing open on it, `keep` notes how it is, with its subvolumes, and `reset` makes it so again. */
export function makeBtrfs(sizeMb: number): StorageFolder & { keep(): void; reset(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-storage-'));
  const [image, mount, kept] = [join(folder, 'image'), join(folder, 'mount'), join(folder, 'kept')];
  writeFileSync(image, '');
  truncateSync(image, sizeMb * 2 ** 20);
  mkdirSync(mount);
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  execFileSync('mkfs.btrfs', ['-q', image], { env, stdio: 'ignore' });
  const loops = (...words: readonly string[]) => execFileSync('losetup', words, { env, encoding: 'utf8' }).trim();
  const attach = () => execFileSync('mount', [loops('--find', '--show', image), mount], { env });
  // Who looks at loop devices at that moment keeps one from going, and its cache would be taken for the file.
  const detach = () => {
    execFileSync('umount', [mount], { env });
    const deadline = Date.now() + 10_000;
    for (let device = findLoop(); device !== undefined; device = findLoop()) {
      if (Date.now() > deadline) throw new Error(`${device} still has ${image}`);
      // It may have gone by itself since.
      spawnSync('losetup', ['--detach', device], { env });
    }
  };
  const findLoop = () => /^\/dev\/loop\d+/.exec(loops('--associated', image))?.[0];
  const copy = (source: string, target: string) => {
    detach();
    execFileSync('cp', ['--sparse=always', source, target]);
    attach();
  };
  attach();
  return {
    folder: mount,
    keep: () => copy(image, kept),
    reset: () => copy(kept, image),
    remove() {
      detach();
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
