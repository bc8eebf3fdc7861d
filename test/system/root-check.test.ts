import assert from 'node:assert/strict';
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { listLayerFolders } from '../../src/engine/layers/check-layers.js';
import { createLayerComparer } from '../../src/engine/layers/layer-comparer.js';
import type { ChainId } from '../../src/model/ids.js';
import { assertWhole, checkEngine } from '../support/check-state.js';
import { runImage } from '../support/crash-world.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { nativeProgram } from '../support/native-program.js';
import { makeStorageFolder, openDriverStore, STORAGE_WORLDS } from '../support/storage-worlds.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';

/** Drivers whose layers are whole roots. */
const WORLDS = STORAGE_WORLDS.filter(({ name }) => name === 'vfs' || name === 'btrfs');

const directory = (path: string): TestEntry => ({ kind: 'directory', path, mode: 0o755 });
const note = (value: string) => new Map([['user.note', Buffer.from(value)]]);

/** Each is a layer on the one before. */
const LAYERS: readonly (readonly TestEntry[])[] = [
  [
    { ...directory('etc'), mode: 0o700, mtimeNanoseconds: 5 },
    { path: 'etc/conf', content: 'old', mtimeNanoseconds: 123_456_789, xattrs: note('1') },
    { path: 'etc/gone', content: 'x' },
    { path: 'bin/su', content: 'program', mode: 0o4755, uid: 3_000_000 },
    { kind: 'hardlink', path: 'bin/su2', target: 'bin/su' },
    { kind: 'hardlink', path: 'bin/su3', target: 'bin/su2' },
    { kind: 'symlink', path: 'bin/link', target: 'bin/su' },
    { kind: 'character', path: 'dev/null', major: 1, minor: 3 },
    { path: 'opaque/hidden', content: '1' },
    { path: 'opaque/deep/hidden', content: '1' },
    { path: 'replaced/old', content: '1' },
    { path: 'file-to-directory', content: '1' },
    { path: 'directory-to-file/in', content: '1' },
    { path: 'holes', sizeBytes: 300_000, segments: [{ offset: 200_000, length: 4 }], content: 'data' },
    { ...directory('twice'), xattrs: note('first') },
    { ...directory('twice'), mode: 0o711 },
    { path: 'name\xff\xfe', content: 'no UTF-8' },
    { path: 'a', content: '' },
    { path: 'a.b', content: '' },
    { path: 'a-/c', content: '' },
  ],
  [
    // A directory on the way to another file takes the place of the one below, as an overlay shows it.
    { path: 'etc/new', content: 'new' },
    { path: 'etc/.wh.gone' },
    { path: 'bin/su2', content: 'another', mode: 0o755 },
    { path: 'opaque/.wh..wh..opq' },
    { path: 'opaque/shown', content: '2' },
    { path: '.wh.replaced' },
    { path: 'replaced/new', content: '2' },
    { path: 'file-to-directory/in', content: '2' },
    { path: 'directory-to-file', content: '2' },
  ],
  [{ path: 'opaque/top', content: '3' }, { path: 'bin/.wh.su' }, { path: '.wh.nothing' }],
];

/** The store of a driver with these layers, and what compares each of them with the tars. */
async function openStack(t: TestContext, name: 'vfs' | 'btrfs', layers = LAYERS) {
  const { root, store } = await openDriverStore(t, name);
  const tars: { readonly chainId: ChainId; readonly open: () => AsyncIterable<Uint8Array> }[] = [];
  for (const entries of layers) {
    const tar = makeTar(entries);
    const parent = tars.at(-1)?.chainId;
    const { chainId } = await store.apply(streamOf(tar), parent === undefined ? {} : { parent });
    tars.push({ chainId, open: () => streamOf(tar) });
  }
  const makeAgain = async (layer: number) => {
    const parent = tars[layer - 1]?.chainId;
    await store.apply(tars[layer]?.open() ?? streamOf(Buffer.alloc(0)), { ...(parent && { parent }), replace: true });
  };
  const comparer = createLayerComparer({ root, program: nativeProgram });
  const folders = listLayerFolders(store);
  const rootOf = (layer: number) => store.lowers(tars[layer]?.chainId)[0] ?? '';
  const compareAll = async () => {
    const found = [];
    for (const [layer, { chainId }] of tars.entries()) {
      const folder = folders.find((each) => each.chainId === chainId);
      assert.ok(folder);
      found.push(await comparer.compare(folder, tars.slice(0, layer + 1)));
    }
    return found;
  };
  const close = () => {
    comparer.close();
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
  };
  return { rootOf, compareAll, makeAgain, close };
}

const WHOLE = { isCompared: true };

/** What is done to the root of the layer in the middle. */
const DAMAGES: Readonly<Record<string, readonly [RegExp, (root: string) => void]>> = {
  'other content of a file from below': [
    /^\/etc\/conf differs: file 0:0 644 3 \S+ in place of file 0:0 644 3 \S+$/,
    (root) => damageContent(join(root, 'etc/conf')),
  ],
  'other content of one of its own': [/^\/opaque\/shown differs/, (root) => damageContent(join(root, 'opaque/shown'))],
  'other content between holes': [/^\/holes differs/, (root) => damageContent(join(root, 'holes'))],
  'another mode': [/^\/dev\/null differs/, (root) => chmodSync(join(root, 'dev/null'), 0o600)],
  'another time': [/^\/etc\/new differs: time 5\./, (root) => utimesSync(join(root, 'etc/new'), 5, 5)],
  'another time of a link': [/^\/bin\/link differs: time 5\./, (root) => lutimesSync(join(root, 'bin/link'), 5, 5)],
  'a file that is missing': [/^\/bin\/su3 is missing/, (root) => rmSync(join(root, 'bin/su3'))],
  'the last file': [/^\/twice is missing/, (root) => rmSync(join(root, 'twice'), { recursive: true })],
  'a file that the layer has taken away': [
    /^\/etc\/gone does not belong/,
    (root) => writeFileSync(join(root, 'etc/gone'), 'x'),
  ],
  'a directory that the layer hides': [
    /^\/opaque\/deep does not belong/,
    (root) => mkdirSync(join(root, 'opaque/deep')),
  ],
  'a file in the place of a directory': [
    /^\/replaced differs: file .* in place of directory/,
    (root) => {
      rmSync(join(root, 'replaced'), { recursive: true });
      writeFileSync(join(root, 'replaced'), '');
    },
  ],
};

/** The size and the time stay. */
function damageContent(path: string): void {
  const { atimeMs, size } = statSync(path);
  const bytes = readFileSync(path);
  bytes.write('?', size - 1);
  writeFileSync(path, bytes);
  utimesSync(path, atimeMs / 1_000, 1_700_000_000);
}

for (const { name, needs } of WORLDS) {
  if (name !== 'vfs' && name !== 'btrfs') continue;
  test(`${name}: a root is what its layers' tars make of it`, needs, async (t) => {
    const { compareAll, close } = await openStack(t, name);
    assert.deepEqual(await compareAll(), [WHOLE, WHOLE, WHOLE]);
    close();
  });
}

test('vfs: what is damaged in the root of a layer is found in that one alone', WORLDS[0]?.needs ?? {}, async (t) => {
  const { rootOf, compareAll, makeAgain } = await openStack(t, 'vfs');
  for (const [what, [difference, damage]] of Object.entries(DAMAGES)) {
    damage(rootOf(1));
    const [below, damaged, above] = await compareAll();
    assert.deepEqual([below, above], [WHOLE, WHOLE], what);
    assert.match(String(damaged?.difference), difference, what);
    await makeAgain(1);
  }
  assert.deepEqual(await compareAll(), [WHOLE, WHOLE, WHOLE]);
});

test(
  'vfs: where only a file system can tell what becomes of a tar, nothing is compared',
  WORLDS[0]?.needs ?? {},
  async (t) => {
    const through = [
      directory('usr/lib'),
      { kind: 'symlink' as const, path: 'lib', target: 'usr/lib' },
      { path: 'lib/x' },
    ];
    const replaced = [
      { path: 'a' },
      { kind: 'hardlink' as const, path: 'b', target: 'a' },
      { path: 'a', content: 'new' },
    ];
    for (const first of [through, replaced]) {
      const { compareAll } = await openStack(t, 'vfs', [first, [{ path: 'next' }]]);
      assert.deepEqual(await compareAll(), [{ isCompared: false }, { isCompared: false }]);
    }
  },
);

/** An engine of the driver with `busybox`, and `two` on top of it, which has the file `/new` and takes `/data/seed` away. */
async function openEngine(t: TestContext, name: 'vfs' | 'btrfs') {
  const { folder, remove } = makeStorageFolder(name);
  const world = makeEngineWorld(t, { root: join(folder, 'root'), storageDriver: name });
  // What is asked for first is done first: the engine closes before its disk goes.
  const engine = await world.open().finally(() => t.after(remove));
  const rootOf = async (image: string): Promise<string> => {
    const chainId = (await engine.layers?.ofImage(image))?.at(-1)?.chainId ?? '';
    return join(world.options.root, name, 'layers', chainId.replace('sha256:', ''), 'fs');
  };
  return { engine, rootOf, root: world.options.root };
}

async function commitTwo(engine: Engine): Promise<void> {
  const command = ['sh', '-c', 'echo x > /new; rm /data/seed'];
  const { id } = await engine.containers.create({ image: 'busybox', command });
  await engine.containers.start(id);
  await engine.containers.wait(id);
  await engine.containers.commit(id, { reference: 'two' });
  await engine.containers.remove(id);
}

for (const { name, needs } of WORLDS) {
  if (name !== 'vfs' && name !== 'btrfs') continue;
  test(`${name}: a damaged layer is unpacked again, and so are those that were made of it since`, needs, async (t) => {
    const { engine, rootOf } = await openEngine(t, name);
    const base = await rootOf('busybox');
    writeFileSync(join(base, 'etc/passwd'), 'changed');
    const { containers } = engine;
    const { id } = await containers.create({ image: 'busybox', command: ['sleep', '1000'] });
    await containers.start(id);
    await commitTwo(engine);
    const damaged = await checkEngine(engine);
    assert.deepEqual(damaged.kinds, ['layer-damaged', 'layer-damaged']);
    assert.equal(damaged.counts.comparedLayers, 2);
    // A container that runs has a copy.
    const repaired = await checkEngine(engine, { repair: true });
    assert.deepEqual([repaired.left, repaired.mended], [0, 2]);
    await assertWhole(engine, 'after');
    assert.match(readFileSync(join(await rootOf('two'), 'etc/passwd'), 'utf8'), /^root:/);
    assert.equal(await runImage(engine, 'two', ['cat', '/new']), 0);
    assert.equal(await runImage(engine, 'two', ['cat', '/data/seed']), 1);
    await containers.remove(id, { force: true });
  });
}

test('vfs: a layer is not made again of one that could not be mended', WORLDS[0]?.needs ?? {}, async (t) => {
  const { engine, rootOf, root } = await openEngine(t, 'vfs');
  await commitTwo(engine);
  await engine.containers.create({ image: 'two' });
  for (const image of ['busybox', 'two']) rmSync(await rootOf(image), { recursive: true });
  const [diffId = ''] = (await engine.images.inspect('busybox')).layers;
  rmSync(join(root, 'content/blobs/sha256', diffId.replace('sha256:', '')));
  const { found } = await checkEngine(engine, { repair: true });
  const reasons = found.flatMap(({ finding, repair }) =>
    finding.kind === 'layer-damaged' && repair?.outcome === 'left' ? [repair.reason] : [],
  );
  assert.deepEqual(reasons, ['its blob is not there to unpack it from', 'the layer below it could not be mended']);
});
