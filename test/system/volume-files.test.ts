import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine, VolumeService } from '../../src/engine/engine.js';
import type { FileTree } from '../../src/model/file-tree.js';
import type { VolumeName } from '../../src/model/ids.js';
import type { Volume } from '../../src/model/volume.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');
const name = 'data' as VolumeName;

async function open(
  t: TestContext,
  options: Volume['options'] = {},
): Promise<{ engine: Engine; volumes: Required<VolumeService>; folder: string; outside: string }> {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  assert.ok(engine.volumes.files && engine.volumes.readArchive);
  const { mountpoint } = await engine.volumes.create({ name, options });
  const outside = join(world.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'of the host');
  return { engine, volumes: engine.volumes as Required<VolumeService>, folder: mountpoint, outside };
}

/** The lines of a tree: path, kind, mode, owner, bytes and where a link leads. */
function describe(tree: FileTree): readonly string[] {
  return Array.from({ length: tree.length - 1 }, (_, i) => {
    const { kind, mode, uid, gid, sizeBytes, target } = tree.file(i + 1);
    return `${tree.path(i + 1)} ${kind} ${mode.toString(8)} ${uid}:${gid} ${sizeBytes} ${target}`.trimEnd();
  });
}

/** The files of a tar with their content. */
async function readTar(tar: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  let path = '';
  const reader = new TarReader({
    entry: (entry) => {
      path = entry.path;
      files.set(path, '');
    },
    content: (bytes) => files.set(path, `${files.get(path)}${Buffer.from(bytes).toString()}`),
  });
  for await (const part of tar) reader.push(Buffer.from(part));
  reader.finish();
  return files;
}

test('the files of a volume are told with owner, mode and size, and links as links', NEEDS, async (t) => {
  const { volumes, folder, outside } = await open(t);
  mkdirSync(join(folder, 'conf'), { mode: 0o750 });
  writeFileSync(join(folder, 'conf/app.ini'), 'port=80\n', { mode: 0o640 });
  execFileSync('chown', ['1234:4321', join(folder, 'conf/app.ini')]);
  symlinkSync(outside, join(folder, 'out'));
  writeFileSync(join(folder, '.wh.kept'), 'a plain file', { mode: 0o600 });
  const files = await volumes.files(name);
  assert.equal(files.layerCount, 1);
  assert.deepEqual(describe(files.tree(0)), [
    '/.wh.kept file 600 0:0 12',
    '/conf directory 750 0:0 0',
    '/conf/app.ini file 640 1234:4321 8',
    `/out symlink 777 0:0 0 ${outside}`,
  ]);
  assert.equal(files.tree(0).totalBytes[0], 20);
});

test('a file of a volume is read by its path, and a link leads nowhere outside', NEEDS, async (t) => {
  const { volumes, folder, outside } = await open(t);
  writeFileSync(join(folder, 'note'), 'kept');
  symlinkSync(outside, join(folder, 'out'));
  symlinkSync('../../../../../outside', join(folder, 'up'));
  assert.deepEqual([...(await readTar(await volumes.readArchive(name, '/note')))], [['note', 'kept']]);
  for (const path of ['/out/secret', '/up/secret', '/../../../outside/secret', '/up/', '/missing']) {
    await assert.rejects(
      async () => await readTar(await volumes.readArchive(name, path)),
      { kind: 'not-found' },
      `${path} was read`,
    );
  }
  // The link itself can be had.
  assert.deepEqual([...(await readTar(await volumes.readArchive(name, '/out'))).keys()], ['out']);
});

test('of a volume that is mounted while a container has it, what that has written is told', NEEDS, async (t) => {
  const { engine, volumes } = await open(t, { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' });
  const mounts = [{ type: 'volume', source: name, target: '/data' } as const];
  const script = 'echo here > /data/file; echo done; exec sleep 1000';
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sh', '-c', script], mounts });
  await engine.containers.start(id);
  for await (const _ of engine.containers.logs(id, { follow: true })) break;
  assert.deepEqual(describe((await volumes.files(name)).tree(0)), ['/file file 644 0:0 5']);
});

test('a volume that is not there has no files', NEEDS, async (t) => {
  const { volumes } = await open(t);
  const missing = 'missing' as VolumeName;
  await assert.rejects(volumes.files(missing), { kind: 'not-found', message: 'get missing: no such volume' });
  await assert.rejects(volumes.readArchive(missing, '/'), { kind: 'not-found' });
});
