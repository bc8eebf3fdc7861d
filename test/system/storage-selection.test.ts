import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type HostProbe, probeHost } from '../../src/engine/isolation/host-probe.js';
import { listStorageCapabilities } from '../../src/engine/layers/drivers/driver-support.js';
import { selectStorageDrivers } from '../../src/engine/layers/drivers/select-drivers.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { refuses } from '../support/contract-steps.js';
import { killAtCall, startEngineProcess } from '../support/engine-process.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { nativeProgram } from '../support/native-program.js';
import { makeSpawner } from '../support/process-spawner.js';
import { requires } from '../support/requires.js';
import { freeBytes, makeStorageFolder, openDriverStore, STORAGE_WORLDS } from '../support/storage-worlds.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** What a state root is opened with, one engine after the other. */
function openRoot(t: TestContext, root = makeTemporaryFolder(t)) {
  const database = openStateDatabase(root);
  t.after(() => database.close());
  const spawner = makeSpawner(t);
  return async (wanted?: string, probe: HostProbe = probeHost()): Promise<readonly string[]> => {
    const options = {
      database,
      root,
      program: nativeProgram,
      spawner,
      probe,
      ...(wanted === undefined ? {} : { wanted }),
    };
    return (await selectStorageDrivers(options)).map(({ name }) => name);
  };
}

/** What a new root takes on this kernel. */
const FIRST = requires('erofs').skip === undefined ? 'erofs' : 'overlay2';

function withoutOverlay(commands: readonly string[]): HostProbe {
  const probe = probeHost();
  return {
    ...probe,
    read: (path) => (path === '/proc/filesystems' ? 'nodev\tproc\n' : probe.read(path)),
    readKernelOption: () => undefined,
    findCommand: (name) => (commands.includes(name) ? probe.findCommand(name) : undefined),
  };
}

test('a new state root takes the first driver that works, and keeps it', needs, async (t) => {
  const open = openRoot(t);
  assert.deepEqual(await open(), [FIRST]);
  assert.deepEqual(await open('vfs'), ['vfs']);
  assert.deepEqual(await open(), [FIRST], 'a driver that is asked for once does not become the root’s own');
  const other = openRoot(t);
  assert.deepEqual(await other('vfs'), ['vfs']);
  assert.deepEqual(await other(), ['vfs'], 'the root was made with it');
});

test('where the kernel mounts no layers from files it is the overlay of folders', needs, async (t) => {
  const probe = probeHost();
  const without = (option: string, value: 'm' | undefined) => ({
    ...probe,
    readKernelOption: (name: string) => (name === option ? value : probe.readKernelOption(name)),
  });
  assert.deepEqual(await openRoot(t)(undefined, without('EROFS_FS_BACKED_BY_FILE', undefined)), ['overlay2']);
  await refuses(
    openRoot(t)('erofs', without('EROFS_FS_BACKED_BY_FILE', undefined)),
    'unavailable',
    'error initializing graphdriver: driver not supported: erofs: this kernel mounts erofs from devices alone, not from files (Linux 6.12 can)',
  );
});

test('without the kernel’s overlay it is fuse-overlayfs, and without that vfs', needs, async (t) => {
  assert.deepEqual(await openRoot(t)(undefined, withoutOverlay([])), ['vfs']);
  if (probeHost().findCommand('fuse-overlayfs') === undefined) return t.diagnostic('fuse-overlayfs is not installed');
  assert.deepEqual(await openRoot(t)(undefined, withoutOverlay(['fuse-overlayfs'])), ['fuse-overlayfs']);
});

test('a program that cannot make an overlay is not taken for fuse-overlayfs', needs, async (t) => {
  const probe = {
    ...withoutOverlay([]),
    findCommand: (name: string) => (name === 'fuse-overlayfs' ? '/bin/false' : undefined),
  };
  assert.deepEqual(await openRoot(t)(undefined, probe), ['vfs']);
  await refuses(
    openRoot(t)('fuse-overlayfs', probe),
    'unavailable',
    /driver not supported: fuse-overlayfs: cannot mount the layers/,
  );
});

test(
  'on btrfs, without the kernel’s overlay, it is btrfs; and a root that was made so stays so',
  requires('root', 'btrfs', 'command:mkfs.btrfs'),
  async (t) => {
    const { folder, remove } = makeStorageFolder('btrfs');
    const open = openRoot(t, join(folder, 'root'));
    t.after(remove);
    assert.deepEqual(await open(undefined, withoutOverlay([])), ['btrfs']);
    assert.deepEqual(await open(), ['btrfs']);
  },
);

test('a driver that is not there is refused in Docker’s words, with the reason', needs, async (t) => {
  const open = openRoot(t);
  const begin = 'error initializing graphdriver: ';
  await refuses(
    open('foo'),
    'invalid-argument',
    `${begin}driver not supported: foo: use erofs, overlay2, btrfs, fuse-overlayfs, vfs, devicemapper`,
  );
  await refuses(open('aufs'), 'invalid-argument', `${begin}driver not supported: aufs: not in /proc/filesystems`);
  await refuses(
    open('devicemapper', withoutOverlay([])),
    'unavailable',
    /^error initializing graphdriver: driver not supported: devicemapper: (no device-mapper in the kernel|device-mapper has)/,
  );
  await refuses(
    open('overlay2', withoutOverlay([])),
    'unavailable',
    /driver not supported: overlay2: overlay is not in \/proc\/filesystems/,
  );
  await refuses(
    open('btrfs'),
    'unavailable',
    /prerequisites for driver not satisfied \(wrong filesystem\?\): btrfs: the state root is on \w+/,
  );
  await open('overlay2');
  await refuses(
    open(undefined, withoutOverlay([])),
    'unavailable',
    /prior storage driver overlay2 failed: overlay is not/,
  );
  assert.deepEqual(await open('vfs', withoutOverlay([])), ['vfs']);
});

test('doctor says of each driver why it is not there and what that costs', () => {
  const bare = {
    read: () => undefined,
    exists: () => false,
    findCommand: () => undefined,
    readKernelOption: () => undefined,
  };
  const list = listStorageCapabilities('/proc', bare);
  assert.deepEqual(
    list.map(({ name, status }) => `${name} ${status}`),
    [
      'storage erofs missing',
      'storage overlay2 missing',
      'storage btrfs missing',
      'storage fuse-overlayfs missing',
      'storage vfs available',
      'storage devicemapper missing',
      'storage aufs missing',
    ],
  );
  for (const { name, status, cost } of list) assert.equal(status === 'available', cost === undefined, name);
  const hosts = [
    [{}, 'no device-mapper in the kernel'],
    [{ read: () => ' 60 device-mapper\n' }, 'device-mapper has no thin-pool target'],
    [{ readKernelOption: () => 'm' as const }, 'no mkfs.ext4 on PATH'],
    [
      { readKernelOption: () => 'm' as const, findCommand: (name: string) => name },
      'device-mapper is a module that is not loaded',
    ],
  ] as const;
  for (const [host, detail] of hosts) {
    const found = listStorageCapabilities('/proc', { ...bare, ...host });
    assert.equal(found.find(({ name }) => name === 'storage devicemapper')?.detail, detail);
  }
});

test('drivers of one state root share images and containers, and each has its own layers', needs, async (t) => {
  const world = makeEngineWorld(t);
  const { root } = world.options;
  const first = await world.open();
  const kept = await first.containers.create({ image: 'busybox', command: ['cat', '/data/seed'] });
  await first.close();
  const second = await world.open({ storageDriver: 'vfs' });
  assert.equal((await second.images.list()).length, 1);
  const made = await second.containers.create({ image: 'busybox', command: ['cat', '/data/seed'] });
  for (const [{ id }, driver] of [
    [kept, 'overlay2'],
    [made, 'vfs'],
  ] as const) {
    assert.equal((await second.containers.inspect(id)).paths?.layers?.driver, driver);
    await second.containers.start(id);
    assert.equal((await second.containers.wait(id)).exitCode, 0);
    assert.deepEqual(await second.containers.changes(id), []);
  }
  assert.equal((await second.layers?.list())?.length, 1);
  await second.close();
  const third = await world.open();
  assert.equal((await third.system.info()).storageDriver, 'overlay2');
  for (const { id } of [kept, made]) await third.containers.remove(id);
  await third.images.remove('busybox');
  await third.close();
  for (const folder of ['layers', 'writable', 'vfs/layers', 'vfs/writable', 'staging']) {
    assert.deepEqual(readdirSync(join(root, folder)), [], folder);
  }
});

for (const { name, needs: driverNeeds } of STORAGE_WORLDS.filter(({ name: one }) => one === 'vfs' || one === 'btrfs')) {
  const skip = driverNeeds.skip ?? requires('command:strace').skip;
  test(
    `${name}: an engine that is killed while it makes a container leaves nothing`,
    skip ? { skip } : {},
    async (t) => {
      const { folder, remove } = makeStorageFolder(name);
      const root = join(folder, 'root');
      const world = makeEngineWorld(t, { root, storageDriver: name });
      t.after(remove);
      await (await world.open()).close();
      let killed = 0;
      for (const [calls, count] of [
        ['mkdir', 1],
        ['mkdir', 2],
        ['rename', 1],
        ['rename', 2],
      ] as const) {
        const child = await startEngineProcess(t, world.options, [{ run: { command: ['sleep', '1000'] } }]);
        await killAtCall(t, child.pid, calls, count);
        killed += (await child.go()) ? 0 : 1;
        await child.kill();
        const engine = await world.open();
        for (const { id } of await engine.containers.list({ all: true }))
          await engine.containers.remove(id, { force: true });
        await engine.close();
        const place = `${calls} ${count}`;
        assert.deepEqual(readdirSync(join(root, name, 'writable')), [], place);
        assert.deepEqual(readdirSync(join(root, 'staging')), [], place);
        assert.equal(readdirSync(join(root, name, 'layers')).length, 1, place);
      }
      assert.ok(killed > 0, 'no engine was caught in the middle');
    },
  );
}

test(
  'vfs shares blocks where the file system can',
  requires('root', 'overlay', 'btrfs', 'command:mkfs.btrfs'),
  async (t) => {
    const { folder, remove } = makeStorageFolder('vfs on btrfs');
    const { store, root } = await openDriverStore(t, 'vfs', folder);
    t.after(remove);
    const content = Buffer.alloc(60_000_000, 'gantry');
    const { chainId } = await store.apply(streamOf(makeTar([{ path: 'large', content }])));
    const before = freeBytes(root);
    for (let i = 0; i < 5; i++) {
      const { upper } = (await store.writable.prepare(chainId)).commit(`c${i}`);
      assert.ok(existsSync(join(upper, 'large')));
    }
    assert.ok(before - freeBytes(root) < content.length, `${before - freeBytes(root)} bytes for five copies`);
  },
);
