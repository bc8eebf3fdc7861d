import assert from 'node:assert/strict';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toWireContainer } from '../../src/api/wire/container.js';
import { toWireImage } from '../../src/api/wire/image.js';
import type { Engine } from '../../src/engine/engine.js';
import type { StorageDriverName } from '../../src/engine/layers/drivers/storage-driver.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import type { ContainerId } from '../../src/model/ids.js';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { readAll } from '../support/image-fixtures.js';
import { makeStorageFolder, STORAGE_WORLDS } from '../support/storage-worlds.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

/** What a container does to its root; times are set where they would be those of the run. */
const SCRIPT = `
  set -e
  cd /
  mv old/sub old/moved; mv old renamed; rm -r doomed; mkdir doomed; echo new > doomed/new
  echo changed > etc/conf; chmod 700 kept; chown 1000:70000 kept/file; rm etc/gone
  ln etc/conf etc/hard; ln -s ../nowhere etc/link; mkfifo etc/pipe; echo $'\\xff' > $'etc/\\xff\\xfe'
  rm -r was-folder; echo file > was-folder; rm was-file; mkdir was-file; echo in > was-file/in
  cp -p bin/busybox etc/copy; echo more >> etc/appended; touch -d @1000 etc/touched
  mkdir -p a/b/c/d; rm -r gone
`;

const APPLETS = [
  'sh',
  'mv',
  'rm',
  'mkdir',
  'chmod',
  'chown',
  'ln',
  'mkfifo',
  'cp',
  'touch',
  'stat',
  'cat',
  'sleep',
  'mount',
];

const IMAGE = (busybox: Buffer) =>
  makeTar([
    { path: 'bin/busybox', content: busybox, mode: 0o755 },
    ...APPLETS.map((name) => ({ kind: 'symlink' as const, path: `bin/${name}`, target: 'busybox' })),
    { path: 'etc/conf', content: 'old' },
    { path: 'etc/gone', content: 'x' },
    { path: 'etc/appended', content: 'x' },
    { path: 'etc/touched', content: 'x' },
    { path: 'old/sub/file', content: 'x', uid: 3 },
    { kind: 'hardlink', path: 'old/sub/hard', target: 'old/sub/file' },
    { path: 'doomed/one', content: 'x' },
    { path: 'doomed/deep/two', content: 'x' },
    { path: 'kept/file', content: 'x' },
    { path: 'was-folder/in', content: 'x' },
    { path: 'was-file', content: 'x' },
    { path: 'gone/in', content: 'x' },
  ]);

/** An engine of the driver, with the image `demo` in it; closed by `end`, and all of it gone with the test. */
async function openWorld(t: TestContext, name: StorageDriverName) {
  const { folder, remove } = makeStorageFolder(name);
  const world = makeEngineWorld(t, { root: join(folder, 'root'), storageDriver: name });
  t.after(remove);
  const engine = await world.open();
  const changes = ['CMD ["sh"]', 'ENV PATH=/bin'];
  await engine.images.import(streamOf(IMAGE(readFileSync('/bin/busybox'))), { reference: 'demo', changes });
  return { world, engine, root: join(folder, 'root') };
}

async function withWorld(
  t: TestContext,
  name: StorageDriverName,
  act: (opened: Awaited<ReturnType<typeof openWorld>>) => Promise<void>,
): Promise<void> {
  const opened = await openWorld(t, name);
  try {
    await act(opened);
  } finally {
    // The file system of the root is unmounted after the test.
    await opened.engine.close();
  }
}

async function run(engine: Engine, script: string, config: Partial<ContainerConfig> = {}): Promise<ContainerId> {
  const { id } = await engine.containers.create({ image: 'demo', command: ['sh', '-c', script], ...config });
  await engine.containers.start(id);
  const { exitCode } = await engine.containers.wait(id);
  assert.equal(exitCode, 0, await readLog(engine, id));
  return id;
}

async function readLog(engine: Engine, id: ContainerId): Promise<string> {
  const lines: string[] = [];
  for await (const { text } of engine.containers.logs(id)) lines.push(text.trimEnd());
  return lines.join('\n');
}

async function readTar(stream: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const found: { entry: FileEntry; parts: Buffer[] }[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push({ entry, parts: [] }),
    content: (bytes) => void found.at(-1)?.parts.push(Buffer.from(bytes)),
  });
  reader.push(await readAll(stream));
  reader.finish();
  return found.map(({ entry: { kind, path, target, mode, uid, gid }, parts }) => {
    const text = Buffer.concat(parts).toString('latin1');
    return [kind, path, target, mode.toString(8), uid, gid, text.length > 99 ? text.length : text.trimEnd()].join(' ');
  });
}

/** All that tells what the container did, without what is of this run alone. */
async function describe(engine: Engine, root: string) {
  const id = await run(engine, SCRIPT);
  const image = await engine.containers.commit(id, { reference: 'made' });
  const { layers } = image;
  const blobs = join(root, 'content', 'blobs', 'sha256', layers.at(-1)?.slice('sha256:'.length) ?? '');
  const copy = await run(engine, 'true', { image: 'made' });
  const sizes = await engine.containers.readSizes?.([id]);
  return {
    changes: (await engine.containers.changes(id)).map(({ kind, path }) => `${kind} ${path}`),
    layer: await readTar(createReadStream(blobs)),
    own: await readTar(await engine.containers.export(id)),
    ofImage: await readTar(await engine.containers.export(copy)),
    copied: await readTar(await engine.containers.readArchive(id, '/renamed')),
    stat: (await engine.containers.statPath(id, '/etc/hard')).sizeBytes,
    size: sizes?.get(id)?.writableBytes,
  };
}

for (const { name, needs } of STORAGE_WORLDS.filter((world) => world.name !== 'overlay2')) {
  test(`${name}: diff, commit, export, cp and sizes are those of overlay2`, needs, async (t) => {
    await withWorld(t, 'overlay2', async (reference) => {
      await withWorld(t, name, async ({ engine, root }) => {
        const [found, expected] = [await describe(engine, root), await describe(reference.engine, reference.root)];
        assert.deepEqual(found, expected);
        assert.ok(found.changes.includes('deleted /doomed/deep'));
        assert.ok(found.changes.includes('added /renamed/moved/file'));
        assert.ok(found.layer.some((line) => line.includes('.wh.old')));
        assert.deepEqual(
          found.ofImage.filter((line) => !/ (etc|dev|proc|sys)\b/.test(line)),
          found.own.filter((line) => !/ (etc|dev|proc|sys)\b/.test(line)),
        );
      });
    });
  });
}

for (const { name, needs } of STORAGE_WORLDS) {
  test(`${name}: containers run, are written to while they run, are remapped, and leave nothing`, needs, async (t) => {
    await withWorld(t, name, async ({ engine, root, world }) => {
      assert.equal((await engine.system.info()).storageDriver, name);
      const { id } = await engine.containers.create({ image: 'demo', command: ['sleep', '1000'] });
      await engine.containers.start(id);
      await engine.containers.writeArchive(id, '/kept', streamOf(makeTar([{ path: 'written', content: 'x', uid: 9 }])));
      const changes = (await engine.containers.changes(id)).map(({ kind, path }) => `${kind} ${path}`);
      assert.deepEqual(changes, ['modified /kept', 'added /kept/written']);
      const container = await engine.containers.inspect(id);
      const image = await engine.images.inspect('demo');
      const wire = toWireContainer(container, { image, volumes: [], storageDriver: 'another' }).GraphDriver;
      const ofImage = toWireImage(image, name, await engine.layers?.foldersOf?.('demo')).GraphDriver;
      assert.equal(wire.Name, name);
      const isStacked = ['erofs', 'overlay2', 'fuse-overlayfs'].includes(name);
      assert.deepEqual(Object.keys(wire.Data ?? {}), isStacked ? ['LowerDir', 'MergedDir', 'UpperDir', 'WorkDir'] : []);
      assert.deepEqual([wire.Data === null, ofImage.Data === null], [!isStacked, !isStacked]);
      const top = ofImage.Data?.['UpperDir'] ?? '';
      if (isStacked) assert.ok(existsSync(name === 'erofs' ? top : join(top, 'kept/file')));
      await engine.containers.remove(id, { force: true });
      // Its layer is mounted without syncs, and again.
      const passing = await engine.containers.create({ image: 'demo', command: ['sleep', '1000'], autoRemove: true });
      await engine.containers.start(passing.id);
      await engine.containers.restart(passing.id, { timeoutMs: 0 });
      assert.equal((await engine.containers.inspect(passing.id)).state.status, 'running');
      const removed = engine.containers.wait(passing.id, { condition: 'removed' });
      await engine.containers.kill(passing.id);
      await removed;
      await engine.close();
      const remapped = await world.open({ usernsRemap: '300000:65536' });
      const again = await run(
        remapped,
        'echo x > /mine; stat -c "%u %n" /mine /kept/file /old/sub/file; cat /proc/self/uid_map',
      );
      assert.deepEqual((await readLog(remapped, again)).split(/\s+/).filter(Boolean), [
        ...['0', '/mine', '0', '/kept/file', '3', '/old/sub/file'],
        ...['0', '300000', '65536'],
      ]);
      assert.deepEqual(await remapped.containers.changes(again), [{ path: '/mine', kind: 'added' }]);
      await remapped.containers.remove(again);
      await remapped.images.remove('demo');
      await remapped.images.remove('busybox');
      await remapped.close();
      const own = name === 'overlay2' ? root : join(root, name);
      for (const folder of [join(own, 'layers'), join(own, 'writable'), join(root, 'staging')]) {
        assert.deepEqual(readdirSync(folder), [], folder);
      }
    });
  });
}
