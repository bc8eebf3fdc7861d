import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

test('the disk that nothing uses can be reclaimed', requires('root', 'overlay', 'command:busybox'), async (t) => {
  const engine = await makeEngineWorld(t).open();
  const [image] = await engine.images.list();
  assert.ok(image !== undefined);
  const unused = await engine.system.diskUsage();
  assert.equal(unused.imagesBytes, image.sizeBytes);
  assert.equal(unused.reclaimable.imagesBytes, image.sizeBytes);
  assert.equal(unused.sharedBytesOf.get(image.id), 0);

  const [used, free] = [await engine.volumes.create({ name: 'used' }), await engine.volumes.create({ name: 'free' })];
  writeFileSync(join(used.mountpoint, 'file'), 'x'.repeat(10));
  writeFileSync(join(free.mountpoint, 'file'), 'x'.repeat(1_000));
  const mounts = [{ type: 'volume', source: 'used', target: '/v' }] as const;
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'], mounts });
  const usage = await engine.system.diskUsage();
  assert.equal(usage.reclaimable.imagesBytes, 0);
  assert.deepEqual([usage.volumesBytes, usage.reclaimable.volumesBytes], [1_010, 1_000]);
  assert.equal(usage.volumeBytesOf.get(used.name), 10);
  assert.equal(usage.reclaimable.containersBytes, usage.containersBytes);
  await engine.containers.start(id);
  const running = await engine.system.diskUsage();
  assert.ok(running.containersBytes > 0);
  assert.equal(running.reclaimable.containersBytes, 0);
  assert.equal(running.containerBytesOf.get(id), running.containersBytes);
});

test(
  'a prune says before what it would remove, and in bytes',
  requires('root', 'overlay', 'command:busybox'),
  async (t) => {
    const engine = await makeEngineWorld(t).open();
    const tar = makeTar([{ path: 'file', content: Buffer.alloc(5_000) }]);
    await engine.images.import(streamOf(tar));
    const { id } = await engine.containers.create({
      image: 'busybox',
      mounts: [{ type: 'volume', target: '/v' }],
    });
    const [volume] = await engine.volumes.list();
    writeFileSync(join(volume?.mountpoint ?? '', 'file'), 'x'.repeat(1_000));
    const preview = { preview: true } as const;

    const dangling = await engine.images.prune(preview);
    assert.equal(dangling.removed.length, 1);
    const all = await engine.images.prune({ ...preview, all: true });
    assert.deepEqual(all, dangling, 'a container has the other one');
    assert.deepEqual((await engine.volumes.prune(preview)).removed, []);
    const containers = await engine.containers.prune(preview);
    assert.deepEqual(containers.removed, [id]);
    const without = { ...preview, without: [id] };
    assert.equal((await engine.images.prune({ ...without, all: true })).removed.length, 3);
    assert.deepEqual(await engine.volumes.prune(without), { removed: [volume?.name], reclaimedBytes: 1_000 });

    assert.equal((await engine.images.list()).length, 2, 'nothing was removed');
    assert.equal((await engine.images.prune()).reclaimedBytes, dangling.reclaimedBytes);
    assert.ok(dangling.reclaimedBytes > 10_000, 'the blob and the files');
  },
);
