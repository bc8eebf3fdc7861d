import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { VolumeName } from '../../src/model/ids.js';
import { assertWhole } from '../support/check-state.js';
import { runImage } from '../support/crash-world.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { makeConfig, makeDockerArchive } from '../support/image-fixtures.js';
import { makeLeakCheck } from '../support/leak-check.js';
import { requires } from '../support/requires.js';
import { makeSmallDisk } from '../support/small-disk.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:mkfs.ext4', 'command:fallocate', 'command:busybox');

const LAYERS = [
  makeTar([{ path: 'big', content: Buffer.alloc(6_000_000, 1) }]),
  makeTar([{ path: 'x', content: 'x' }]),
];
const ARCHIVE = makeDockerArchive(LAYERS, ['loaded:1'], makeConfig(LAYERS));
const VOLUME = 'data' as VolumeName;

/** What takes room, and what it says where there is none. */
const TASKS: Readonly<Record<string, (engine: Engine) => Promise<unknown>>> = {
  load: ({ images }) => drain(images.load(streamOf(ARCHIVE))),
  import: ({ images }) => images.import(streamOf(LAYERS[0] ?? Buffer.alloc(0)), { reference: 'imported:1' }),
  create: ({ containers }) => containers.create({ image: 'busybox', command: ['true'] }),
  run: (engine) => runImage(engine, 'busybox', ['sh', '-c', 'echo some words; true']),
  commit: ({ containers }) => containers.commit('source', { reference: 'committed:1' }),
  cp: ({ containers }) => containers.writeArchive('source', '/', streamOf(LAYERS[0] ?? Buffer.alloc(0))),
  rename: async ({ containers }) => {
    const { id } = await containers.inspect('source');
    await containers.rename(id, 'renamed');
    await containers.rename(id, 'source');
  },
  'volume import': async ({ volumes }) => volumes.import?.(VOLUME, streamOf(LAYERS[0] ?? Buffer.alloc(0))),
  'network create': ({ networks }) => networks.create({ name: 'made' }),
};

async function drain(progress: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of progress) void _;
}

async function openOnDisk(t: TestContext) {
  const disk = makeSmallDisk(96);
  const world = makeEngineWorld(t, { root: join(disk.folder, 'root') });
  t.after(disk.remove);
  const leaks = makeLeakCheck(world.options);
  const engine = await world.open();
  const command = ['sh', '-c', 'yes words | head -c 2000000 > /written'];
  const { id } = await engine.containers.create({ name: 'source', image: 'busybox', command });
  await engine.containers.start(id);
  await engine.containers.wait(id);
  return { disk, world, leaks, engine };
}

/** What each says; what needs no room may be done. */
async function tryTasks(engine: Engine): Promise<Readonly<Record<string, string>>> {
  const said: Record<string, string> = {};
  for (const [name, task] of Object.entries(TASKS)) {
    try {
      await task(engine);
    } catch (error) {
      said[name] = String(error);
    }
  }
  return said;
}

for (const leftBytes of [0, 400_000]) {
  test(`a disk with ${leftBytes} bytes left is said so, and all is whole`, needs, async (t) => {
    const { disk, world, leaks, engine } = await openOnDisk(t);
    disk.fill(leftBytes);
    const said = await tryTasks(engine);
    for (const [name, words] of Object.entries(said)) {
      t.diagnostic(`${name}: ${words}`);
      assert.match(
        words,
        /^EngineError: cannot .*(no space left on device|ENOSPC|disk is full)|ENOSPC: no space left on device, \w+ '.+'/i,
        name,
      );
    }
    for (const name of ['load', 'import', 'volume import', 'cp']) assert.ok(name in said, `${name} found room`);
    await engine.close();
    disk.empty();
    const next = await world.open();
    await assertWhole(next, 'with room again');
    // The second half of it may have found no room.
    if ((await next.containers.list({ all: true })).every(({ name }) => name !== 'source')) {
      await next.containers.rename('renamed', 'source');
    }
    assert.deepEqual(await tryTasks(next), {});
    await assertWhole(next, 'done with room');
    for (const { id } of await next.containers.list({ all: true })) await next.containers.remove(id, { force: true });
    await next.networks.prune();
    await next.close();
    await leaks.assertNothingLeft();
  });
}

test('on a full disk an engine opens, tells what it has, and removes it', needs, async (t) => {
  const { disk, world, engine } = await openOnDisk(t);
  await engine.close();
  disk.fill(0);
  const full = await world.open();
  assert.equal((await full.containers.list({ all: true })).length, 1);
  await full.containers.remove('source');
  await full.close();
  const next = await world.open();
  assert.deepEqual(await next.containers.list({ all: true }), []);
  await assertWhole(next, 'with the disk full');
  await next.close();
  disk.empty();
  await makeLeakCheck(world.options).assertNothingLeft();
});

test('a read-only state root is said so, and is whole when it is writable again', needs, async (t) => {
  const { disk, world, engine } = await openOnDisk(t);
  await engine.close();
  disk.remount('ro');
  await assert.rejects(world.open(), /read-only|readonly/i);
  disk.remount('rw');
  const next = await world.open();
  await assertWhole(next, 'writable again');
  assert.equal(await runImage(next, 'busybox', ['true']), 0);
  await next.containers.remove('source');
  await next.close();
  await makeLeakCheck(world.options).assertNothingLeft();
});
