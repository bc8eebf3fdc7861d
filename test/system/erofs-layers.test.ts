import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readRootFile } from '../../src/engine/containers/read-root-file.js';
import { imageOf, tarOf } from '../../src/engine/layers/drivers/image-files.js';
import { ImageWriter } from '../../src/engine/layers/erofs/image-writer.js';
import { createIndexWriter } from '../../src/engine/layers/file-index/index-writer.js';
import { toLayerRoot, toLayerSpec } from '../../src/engine/layers/layer-roots.js';
import type { LayerStore } from '../../src/engine/layers/layer-store.js';
import { walk } from '../../src/engine/layers/walk-role.js';
import type { ChainId, DiffId, Digest } from '../../src/model/ids.js';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { digestOf } from '../support/image-fixtures.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { openDriverStore } from '../support/storage-worlds.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { walkTree } from '../support/walk-tree.js';

const needs = requires('root', 'overlay', 'erofs');
const directory = (path: string): TestEntry => ({ kind: 'directory', path, mode: 0o755 });

const BELOW: readonly TestEntry[] = [{ path: 'below' }];

/** Where the layer that the store made of the entries is, as a lower layer of an overlay. */
async function applyAlone(store: LayerStore, entries: readonly TestEntry[]): Promise<{ id: ChainId; path: string }> {
  const below = await store.apply(streamOf(makeTar(BELOW)));
  const { chainId } = await store.apply(streamOf(makeTar(entries)), { parent: below.chainId });
  return { id: chainId, path: store.lowers(chainId)[0] ?? '' };
}

async function openBoth(t: TestContext) {
  return { images: (await openDriverStore(t, 'erofs')).store, folders: (await openDriverStore(t, 'overlay2')).store };
}

/** Everything that the kernel says of a layer, whiteouts and opaque directories as overlay is told them. */
async function describeLayer(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  const content = new Map<string, Buffer[]>();
  let last = '';
  const sink = {
    entry(entry: FileEntry) {
      last = entry.path;
      const { kind, target, mode, uid, gid, major, minor, mtimeSeconds, mtimeNanoseconds, links } = entry;
      // What no entry names has the time at which it was made.
      const time = kind === 'directory' && mtimeSeconds > 1_700_000_000 ? '' : `${mtimeSeconds}.${mtimeNanoseconds}`;
      const xattrs = [...(entry.xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`);
      const isWhiteout = kind === 'whiteout';
      const shown = [target, mode.toString(8), uid, gid, major, minor, kind === 'directory' ? '' : links, time];
      // Of a whiteout only that it is there has a meaning.
      found.push([kind, entry.path, ...(isWhiteout ? [] : [...shown, ...xattrs.sort()])].join(' '));
    },
    content(bytes: Uint8Array) {
      content.set(last, [...(content.get(last) ?? []), Buffer.from(bytes)]);
    },
  };
  await walk({ program: nativeProgram, root: toLayerSpec(path), content: true, layer: true }, sink, () => undefined);
  const texts = [...content].map(([name, parts]) => `${name}: ${Buffer.concat(parts).toString('latin1')}`);
  return [...found.filter((line) => !line.startsWith('directory  ')), ...texts];
}

const SEEDS = 120;

/** Numbers from a seed, so that a failure comes again. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A tar in which little fits together: paths come again as something else, before and after what links to them. */
function makeRandomEntries(random: (below: number) => number): readonly TestEntry[] {
  const names = [...'abcdefghijkl', '.m', '-n', 'o'.repeat(20), '\xff'];
  const path = () => Array.from({ length: 1 + random(3) }, () => names[random(names.length)]).join('/');
  const attributes = (mayHaveXattrs: boolean) => ({
    mode: random(0o10000),
    uid: random(2) * 3_000_000,
    gid: random(70_000),
    mtimeSeconds: 1_000_000 - random(2) * 2_000_000,
    mtimeNanoseconds: random(1_000_000_000),
    ...(mayHaveXattrs && random(4) === 0 && { xattrs: new Map([['user.x', Buffer.alloc(random(60), 'x')]]) }),
  });
  const made: string[] = [];
  return Array.from({ length: 1 + random(25) }, (): TestEntry => {
    const choice = random(9);
    // The kernel has attributes of users on files and directories alone.
    const base = { path: path(), ...attributes(choice >= 5) };
    const target = random(20) === 0 ? path() : made[random(made.length)];
    if (choice > 6) made.push(base.path);
    switch (choice) {
      case 0:
        return { ...base, kind: 'symlink', target: 'x'.repeat(1 + random(20)) };
      case 1:
      case 2:
        return target === undefined ? base : { ...base, kind: 'hardlink', target };
      case 3:
        return { ...base, kind: 'character', major: 1 + random(4000), minor: random(1_000_000) };
      case 4:
        return { path: base.path.replace(/[^/]*$/, (name) => `.wh.${name}`) };
      case 5:
      case 6:
        return { ...base, kind: 'directory' };
      default:
        return { ...base, content: 'y'.repeat(random(30) * random(30)) };
    }
  });
}

test('whatever a tar makes of its paths, the image of it says what a folder says', needs, async (t) => {
  const { images, folders } = await openBoth(t);
  let made = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const entries = makeRandomEntries(makeRandom(seed));
    const expected = await applyAlone(folders, entries).catch((error: unknown) => String(error));
    const found = await applyAlone(images, entries).catch((error: unknown) => String(error));
    if (typeof expected === 'string' || typeof found === 'string') {
      assert.equal(found, expected, `seed ${seed}`);
      continue;
    }
    if (found.path.endsWith('.erofs')) made++;
    assert.deepEqual(await describeLayer(found.path), await describeLayer(expected.path), `seed ${seed}`);
  }
  t.diagnostic(`${made} of ${SEEDS} layers were images`);
  assert.ok(made > SEEDS / 4, `${made} of the layers were images`);
});

test('directories of many blocks, long links and large attributes are read as they were told', needs, async (t) => {
  const { images, folders } = await openBoth(t);
  const entries: readonly TestEntry[] = [
    directory('many'),
    ...Array.from({ length: 3_000 }, (_, i) => ({ path: `many/${i}-${'n'.repeat(i % 200)}`, content: String(i) })),
    { kind: 'symlink', path: 'long', target: 'l'.repeat(4_095) },
    { kind: 'symlink', path: 'medium', target: 'm'.repeat(440), xattrs: new Map([['trusted.t', Buffer.from('t')]]) },
    {
      path: 'attributes',
      content: 'x',
      xattrs: new Map([
        ['user.large', Buffer.alloc(3_000, 'v')],
        ['security.s', Buffer.from('s')],
      ]),
    },
    { path: 'b'.repeat(255), content: 'x' },
    { path: 'block', content: 'x'.repeat(512) },
    { path: 'page', content: 'y'.repeat(4_096 * 3 + 1) },
  ];
  const [found, expected] = [await applyAlone(images, entries), await applyAlone(folders, entries)];
  assert.ok(found.path.endsWith('/layer.erofs'));
  assert.deepEqual(await describeLayer(found.path), await describeLayer(expected.path));
});

test('a layer that an image cannot tell is a folder, and stands among images', needs, async (t) => {
  const { store } = await openDriverStore(t, 'erofs');
  const base = await store.apply(streamOf(makeTar([directory('usr/lib'), { path: 'usr/lib/a', content: 'a' }])));
  const cases: Readonly<Record<string, readonly TestEntry[]>> = {
    'through a link of its own': [
      directory('usr/own'),
      { kind: 'symlink', path: 'link', target: 'usr/own' },
      { path: 'link/b', content: 'b' },
    ],
    'linked, then replaced': [
      { path: 'usr/own/b', content: 'b' },
      { kind: 'hardlink', path: 'kept', target: 'usr/own/b' },
      { path: 'usr/own/b', content: 'c' },
    ],
  };
  for (const [name, entries] of Object.entries(cases)) {
    const middle = await store.apply(streamOf(makeTar(entries)), { parent: base.chainId });
    const top = await store.apply(streamOf(makeTar([{ path: 'usr/lib/top', content: 'top' }])), {
      parent: middle.chainId,
    });
    const lowers = store.lowers(top.chainId);
    assert.deepEqual(
      lowers.map((path) => path.replace(/.*\//, '')),
      ['layer.erofs', 'fs', 'layer.erofs'],
      name,
    );
    assert.deepEqual(
      readdirSync(join(lowers[1] ?? '', '..')).sort(),
      ['fs', 'layer.json', ...(name.startsWith('linked') ? ['index'] : [])].sort(),
    );
    const tree = await walkTree(store.rootOf(top.chainId));
    const texts = ['usr/lib/a', 'usr/lib/top'].map((path) => tree.get(path)?.bytes.toString());
    assert.deepEqual(texts, ['a', 'top'], name);
    assert.ok(tree.has('usr/own/b'), name);
    store.remove(top.chainId);
    store.remove(middle.chainId);
  }
});

test('files of two layers are not taken for one, and those with two names are', needs, async (t) => {
  const { store } = await openDriverStore(t, 'erofs');
  const entries = (name: string): readonly TestEntry[] => [
    { path: `${name}/one`, content: name },
    { kind: 'hardlink', path: `${name}/two`, target: `${name}/one` },
  ];
  const base = await store.apply(streamOf(makeTar(entries('base'))));
  const top = await store.apply(streamOf(makeTar(entries('top'))), { parent: base.chainId });
  const layer = (await store.writable.prepare(top.chainId)).commit('c1');
  const tree = await walkTree(toLayerRoot(layer, 'read'));
  // The walk takes files of one number for one file.
  const linked = [...tree.values()]
    .filter(({ kind }) => kind === 'hardlink')
    .map(({ path, target }) => `${path} ${target}`);
  assert.deepEqual(linked, ['base/two base/one', 'top/two top/one']);
  assert.deepEqual([tree.get('base/one')?.links, tree.get('top/one')?.links], [2, 2]);
});

test('the engine reads the files of an image without mounting it', needs, async (t) => {
  const { store } = await openDriverStore(t, 'erofs');
  const base = await store.apply(
    streamOf(
      makeTar([
        { path: 'etc/passwd', content: 'root:x:0:0' },
        { path: 'etc/group', content: 'below' },
        { path: 'hidden/file', content: 'below' },
        { path: 'gone', content: 'below' },
        { kind: 'symlink', path: 'up', target: '../../etc' },
        { kind: 'symlink', path: 'loop', target: 'loop' },
        { kind: 'fifo', path: 'pipe' },
        { path: 'large', content: Buffer.alloc(2 ** 20 + 1) },
        ...Array.from({ length: 300 }, (_, i) => ({ path: `etc/${i}` })),
      ]),
    ),
  );
  const top = await store.apply(
    streamOf(
      makeTar([
        { path: '.wh.gone' },
        { path: 'etc/group', content: 'above' },
        { path: 'hidden/.wh..wh..opq' },
        { path: 'hidden/other', content: 'above' },
      ]),
    ),
    { parent: base.chainId },
  );
  const read = (path: string) => readRootFile(store.lowers(top.chainId), path);
  assert.deepEqual(['/etc/passwd', '/etc/group', '/up/passwd', '/etc/../etc/group'].map(read), [
    'root:x:0:0',
    'above',
    'root:x:0:0',
    'above',
  ]);
  for (const path of ['/hidden/file', '/gone', '/loop', '/pipe', '/large', '/etc', '/etc/none', '/']) {
    assert.equal(read(path), '', path);
  }
});

/** Mounts an image and its tar by itself, and prints the size of the file `large` and its last bytes. */
const READ_END = `
import ctypes, os, sys
call = ctypes.CDLL(None, use_errno=True).syscall
def check(result):
    if result < 0: raise OSError(ctypes.get_errno())
    return result
context = check(call(430, b"erofs", 1))
for key, value in ((b"source", sys.argv[1]), (b"device", sys.argv[2])):
    check(call(431, context, 1, key, value.encode(), 0))
check(call(431, context, 6, None, None, 0))
large = os.open("large", os.O_RDONLY, dir_fd=check(call(432, context, 1, 1)))
size = os.fstat(large).st_size
print(size, os.pread(large, 9, size - 3).decode(), end="")
`;

test('a file of more than 4 GiB is read to its end', needs, (t) => {
  const place = makeTemporaryFolder(t);
  const size = 5 * 2 ** 30 + 3;
  const writer = new ImageWriter(imageOf(place), 0);
  const index = createIndexWriter(join(place, 'index'));
  const entry: FileEntry = {
    ...{ kind: 'file', path: 'large', target: '', mode: 0o644, uid: 0, gid: 0, major: 0, minor: 0 },
    ...{ mtimeSeconds: 0, mtimeNanoseconds: 0, sizeBytes: size, contentAt: 1_024 },
  };
  writer.add(entry);
  index.entry(entry);
  index.settle((file) => writer.put(file));
  index.finish();
  writer.finish(size + 1_024);
  const tar = openSync(tarOf(place), 'wx');
  ftruncateSync(tar, Math.ceil((size + 1_024) / 512) * 512);
  writeSync(tar, 'end', 1_024 + size - 3);
  closeSync(tar);
  const end = execFileSync('python3', ['-c', READ_END, imageOf(place), tarOf(place)], { encoding: 'latin1' });
  assert.equal(end, `${size} end`);
});

test(
  'a blob that is the plain tar becomes the layer’s by another name, where it is what was expected',
  needs,
  async (t) => {
    const { store, own } = await openDriverStore(t, 'erofs');
    const tar = makeTar([{ path: 'file', content: 'text' }]);
    const path = join(own, 'blob');
    writeFileSync(path, tar);
    const digest = digestOf(tar) as Digest;
    const tarOfLayer = (id: ChainId) => tarOf(join(own, 'layers', id.slice('sha256:'.length)));
    const first = await store.apply(streamOf(tar), { expected: digest as string as DiffId, file: { path, digest } });
    assert.equal(first.diffId, digest);
    assert.equal(statSync(tarOfLayer(first.chainId)).ino, statSync(path).ino);
    assert.equal((await walkTree(store.rootOf(first.chainId))).get('file')?.bytes.toString(), 'text');
    store.remove(first.chainId);
    // Compressed, the digest of the blob says nothing of the layer.
    const packed = { path, digest: digestOf(Buffer.from('packed')) as Digest };
    const second = await store.apply(streamOf(tar), { expected: digest as string as DiffId, file: packed });
    assert.notEqual(statSync(tarOfLayer(second.chainId)).ino, statSync(path).ino);
    const other = { expected: digestOf(Buffer.from('another')) as DiffId, file: { path, digest } };
    await assert.rejects(store.apply(streamOf(tar), other), { kind: 'invalid-argument' });
  },
);

test('a tar that is cut off, and an image that is, are told', needs, async (t) => {
  const { store, own } = await openDriverStore(t, 'erofs');
  const [place] = store.places;
  assert.ok(place);
  const folderOf = (id: ChainId) => join(own, 'layers', id.slice('sha256:'.length));
  for (const damage of [
    (folder: string) => truncateSync(tarOf(folder), statSync(tarOf(folder)).size - 512),
    (folder: string) => rmSync(tarOf(folder)),
    (folder: string) => truncateSync(imageOf(folder), 1_000),
    (folder: string) => truncateSync(imageOf(folder), statSync(imageOf(folder)).size - 512),
    (folder: string) => rmSync(imageOf(folder)),
  ]) {
    const { chainId } = await store.apply(streamOf(makeTar([{ path: 'file', content: 'x' }])));
    const folder = folderOf(chainId);
    assert.equal(place.driver.hasFiles(folder), true);
    assert.ok(existsSync(tarOf(folder)));
    damage(folder);
    assert.equal(place.driver.hasFiles(folder), false);
    store.remove(chainId);
  }
});
