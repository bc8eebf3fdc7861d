import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toChangesWalk, toLayerRoot } from '../../src/engine/layers/layer-roots.js';
import { packLayer } from '../../src/engine/layers/pack-layer.js';
import { streamTar } from '../../src/engine/layers/stream-tar.js';
import { startUnpacking } from '../../src/engine/layers/unpack-role.js';
import { walk } from '../../src/engine/layers/walk-role.js';
import type { ChainId, DiffId } from '../../src/model/ids.js';
import { runRole } from '../../src/platform/role-process.js';
import type { EntrySink, FileEntry } from '../../src/platform/tar/file-entry.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { nativeProgram } from '../support/native-program.js';
import { withRootFolder } from '../support/root-folder.js';
import { openDriverStore, STORAGE_WORLDS } from '../support/storage-worlds.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { type WalkedEntry, walkTree } from '../support/walk-tree.js';

type Opened = Awaited<ReturnType<typeof openDriverStore>>;

const CAPABILITY = new Map([['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')]]);
const LONG = Array.from({ length: 16 }, (_, i) => String(i).repeat(200).slice(0, 200)).join('/');

/** Everything that a layer can hold. */
const BASE: readonly TestEntry[] = [
  { kind: 'directory', path: 'etc', mode: 0o755, mtimeSeconds: 981_173_106, mtimeNanoseconds: 789_000_001 },
  { path: 'etc/conf', content: 'old', mtimeNanoseconds: 123_456_789 },
  { path: 'etc/gone', content: 'x' },
  { path: 'bin/ping', content: 'program', mode: 0o755, xattrs: CAPABILITY },
  { path: 'bin/su', content: 'program', mode: 0o4755, uid: 3_000_000, gid: 4_000_000 },
  { kind: 'hardlink', path: 'bin/su2', target: 'bin/su' },
  { kind: 'character', path: 'dev/null', major: 1, minor: 3, mode: 0o666 },
  { kind: 'block', path: 'dev/disk', major: 8, minor: 300, mode: 0o660, gid: 6 },
  { kind: 'fifo', path: 'dev/pipe', mode: 0o600 },
  { kind: 'symlink', path: 'link', target: '../nowhere', uid: 5 },
  { path: 'name\xff\xfe', content: 'no UTF-8' },
  { path: `${LONG}/file`, content: 'deep' },
  { kind: 'directory', path: 'sgid', mode: 0o2775, gid: 42, xattrs: new Map([['user.note', Buffer.from('hello')]]) },
  { path: 'sgid/file', content: '', uid: 1 },
  { path: 'opaque/hidden', content: '1' },
  { path: 'opaque/deep/hidden', content: '1' },
  { path: 'replaced/old', content: '1' },
  { path: 'late/old', content: '1' },
  { path: 'file-to-directory', content: '1' },
  { path: 'directory-to-file/in', content: '1' },
  { kind: 'symlink', path: 'link-to-file', target: 'etc/conf' },
];

/** Everything that it can do to the one below. */
const NEXT: readonly TestEntry[] = [
  { kind: 'directory', path: 'etc', mode: 0o700, uid: 7, mtimeSeconds: 1_600_000_000 },
  { path: 'etc/.wh.gone' },
  { path: 'etc/conf', content: 'new' },
  { path: 'opaque/new', content: '2' },
  { path: 'opaque/deep/new', content: '2' },
  { path: 'opaque/.wh..wh..opq' },
  { path: 'opaque/.wh.nothing' },
  { path: '.wh.replaced' },
  { kind: 'directory', path: 'replaced', mode: 0o755 },
  { path: 'replaced/new', content: '2' },
  { path: 'late/new', content: '2' },
  { path: '.wh.late' },
  { kind: 'directory', path: 'file-to-directory', mode: 0o711 },
  { path: 'file-to-directory/in', content: '2' },
  { path: 'directory-to-file', content: '2' },
  { path: 'link-to-file', content: '2', xattrs: new Map([['user.two', Buffer.from('2')]]) },
  { kind: 'directory', path: 'sgid', mode: 0o755 },
  { path: 'bin/su', content: 'other', mode: 0o755 },
  { kind: 'hardlink', path: 'bin/su3', target: 'bin/su' },
  { path: 'made/on/the/way', content: '2' },
];

/** What a container makes of both. */
const OWN: readonly TestEntry[] = [
  { path: 'etc/conf', content: 'mine', mtimeNanoseconds: 1_000 },
  { path: 'etc/large', content: Buffer.alloc(300_000, 'large') },
  { path: 'bin/ping', content: 'program', xattrs: new Map([...CAPABILITY, ['user.a=b', Buffer.from('1')]]) },
  { path: 'bin/.wh.su2' },
  { path: 'names/one', content: 'of two', uid: 3_000_000 },
  { kind: 'hardlink', path: 'names/two', target: 'names/one' },
  { kind: 'symlink', path: 'link', target: 'elsewhere' },
  { kind: 'fifo', path: 'dev/other' },
  { kind: 'character', path: 'dev/zero', major: 1, minor: 5 },
  { path: 'name\xfe', content: 'x' },
  { path: `${LONG}/other`, content: 'deep' },
  { kind: 'directory', path: 'replaced', mode: 0o700 },
  // To whoever reads the tar this hides what is called so.
  { path: 'opaque/.wh.new', content: 'x' },
];

/** A directory that no entry tells of has the time at which it was made. */
function showTime({ kind, mtimeSeconds, mtimeNanoseconds }: FileEntry): string {
  return kind === 'directory' && mtimeSeconds > 1_700_000_000 ? '' : `${mtimeSeconds}.${mtimeNanoseconds}`;
}

const showPath = (path: string) => (path.length > 100 ? `${path.slice(0, 20)}+${path.length}` : path);

/** What must be the same when two trees are; of the root itself nothing is. */
function describe(tree: ReadonlyMap<string, WalkedEntry>): readonly string[] {
  return [...tree.values()]
    .filter(({ path }) => path !== '')
    .map(({ bytes, ...entry }) => {
      const { kind, path, target, mode, uid, gid, major, minor, xattrs } = entry;
      return [
        ...[kind, showPath(path), target, mode.toString(8), uid, gid, major, minor, showTime(entry)],
        ...[...(xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).sort(),
        createHash('sha256').update(bytes).digest('hex').slice(0, 8),
      ].join(' ');
    });
}

async function apply({ store }: Opened, entries: readonly TestEntry[], parent?: ChainId): Promise<ChainId> {
  const layer = await store.apply(streamOf(makeTar(entries)), parent === undefined ? {} : { parent });
  return layer.chainId;
}

async function applyBoth(opened: Opened): Promise<ChainId> {
  return await apply(opened, NEXT, await apply(opened, BASE));
}

/** Of the image, as a container sees it. */
async function readLayer({ store }: Opened, id: ChainId) {
  const layer = await prepareContainer({ store }, `look-${id.slice(7, 19)}`, id);
  return await walkTree(toLayerRoot(layer, 'read'));
}

/** With its index. */
async function readWhole(opened: Opened, id: ChainId) {
  const place = join(opened.store.places[0]?.root ?? '', 'layers', id.slice('sha256:'.length));
  return { tree: describe(await readLayer(opened, id)), index: readFileSync(join(place, 'index'), 'base64') };
}

function withoutRoot(sink: EntrySink): EntrySink {
  return {
    entry: (entry) => {
      if (entry.path !== '') sink.entry(entry);
    },
    content: sink.content,
  };
}

async function prepareContainer({ store }: Pick<Opened, 'store'>, id: string, parent?: ChainId) {
  const prepared = await store.writable.prepare(parent);
  return prepared.commit(id);
}

/** Changes files through the container's root, as its programs would. */
async function change({ store }: Opened, id: string, entries: readonly TestEntry[]): Promise<void> {
  const root = toLayerRoot(store.writable.get(id), 'write');
  const unpacking = startUnpacking({ program: nativeProgram, root });
  const reader = new TarReader(unpacking);
  reader.push(makeTar(entries));
  await unpacking.finish();
}

async function listChanges({ store }: Opened, id: string): Promise<readonly FileEntry[]> {
  const entries: FileEntry[] = [];
  const sink = { entry: (entry: FileEntry) => void entries.push(entry), content: () => undefined };
  await walk({ program: nativeProgram, ...toChangesWalk(store.writable.get(id)) }, sink, () => undefined);
  return entries.filter(({ path }) => path !== '');
}

const showChange = ({ kind, path, below, target }: FileEntry) =>
  `${below === true ? '' : 'new '}${kind} ${path}${target === '' ? '' : ` ${target}`}`;

const MAKE_SOCKET = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';

/** Those of other tests come and go. */
function readMounts(): readonly string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.split(' ')[4] === '/' || line.includes('/layers/'));
}

async function openReference(t: TestContext): Promise<Opened> {
  return await openDriverStore(t, 'overlay2');
}

for (const { name, needs } of STORAGE_WORLDS) {
  test(`${name}: layers are, file by file, what the kernel's overlay shows of them`, needs, async (t) => {
    const [opened, reference] = [await openDriverStore(t, name), await openReference(t)];
    const [base, top] = [await apply(opened, BASE), await applyBoth(opened)];
    const tree = await readLayer(opened, top);
    assert.deepEqual(
      describe(await readLayer(opened, base)),
      describe(await readLayer(reference, await apply(reference, BASE))),
    );
    assert.deepEqual(describe(tree), describe(await readLayer(reference, await applyBoth(reference))));
    const found = (path: string) => tree.get(path);
    assert.equal(found('opaque/hidden'), undefined);
    assert.equal(found('opaque/deep/hidden'), undefined);
    assert.equal(found('late/old'), undefined);
    assert.equal(found('late/new')?.bytes.toString(), '2');
    assert.equal(found('etc/gone'), undefined);
    assert.equal(found('bin/su2')?.bytes.toString(), 'program');
    assert.equal(found('bin/su2')?.uid, 3_000_000);
    assert.equal(found('bin/su3')?.target, 'bin/su');
    assert.equal(found('bin/ping')?.xattrs?.has('security.capability'), true);
    assert.equal(found('sgid')?.xattrs?.size ?? 0, 0);
    assert.equal(found('dev/disk')?.minor, 300);
    assert.equal(found(`${LONG}/file`)?.bytes.toString(), 'deep');
    assert.equal(found('name\xff\xfe')?.bytes.toString(), 'no UTF-8');
    assert.deepEqual([found('etc')?.mode, found('etc')?.mtimeSeconds], [0o700, 1_600_000_000]);
    const [folder = ''] = opened.store.lowers(top);
    // A tar has no holes, and what is in it is not written to; a snapshot has those of what it is of, and that is not either.
    if (name === 'erofs' || name === 'devicemapper') return;
    writeFileSync(join(folder, 'sparse'), 'begin');
    truncateSync(join(folder, 'sparse'), 5_000_000);
    appendFileSync(join(folder, 'sparse'), 'end');
    const { upper, lowers } = await prepareContainer(opened, 'sparse', top);
    const sparse = join(lowers[0] ?? upper, 'sparse');
    assert.deepEqual([lstatSync(sparse).size, lstatSync(sparse).blocks < 1_000], [5_000_003, true], 'holes stay holes');
    assert.ok(readFileSync(sparse, 'latin1').endsWith('\0end'));
  });

  test(`${name}: a stack of 110 layers is one root`, needs, async (t) => {
    const opened = await openDriverStore(t, name);
    let top: ChainId | undefined;
    for (let i = 0; i < 110; i++) {
      const entries: readonly TestEntry[] = [{ path: 'last', content: String(i) }, { path: `only-${i}` }];
      top = await apply(opened, entries, top);
    }
    assert.ok(top);
    const tree = await readLayer(opened, top);
    assert.equal(tree.get('last')?.bytes.toString(), '109');
    assert.equal(tree.size, 112);
  });

  test(`${name}: what a container changed is told as a layer, and gives the same root again`, needs, async (t) => {
    const opened = await openDriverStore(t, name);
    const parent = await applyBoth(opened);
    const { upper } = await prepareContainer(opened, 'c1', parent);
    assert.deepEqual(await listChanges(opened, 'c1'), []);
    await change(opened, 'c1', [
      { path: 'etc/conf', content: 'mine' },
      { path: 'made/by/me', content: 'new', uid: 70_000, xattrs: new Map([['user.me', Buffer.from('1')]]) },
      { kind: 'hardlink', path: 'made/by/too', target: 'made/by/me' },
      { kind: 'directory', path: 'opaque', mode: 0o700 },
      { kind: 'symlink', path: 'directory-to-file', target: 'x' },
    ]);
    await withRootFolder(upper, (folder) => {
      rmSync(join(folder, 'link'), { force: true });
      execFileSync('python3', ['-c', MAKE_SOCKET, join(folder, 'link')]);
    });
    assert.deepEqual((await listChanges(opened, 'c1')).map(showChange), [
      'symlink directory-to-file x',
      'directory etc',
      'file etc/conf',
      // A socket cannot be told, and hides what was there.
      'whiteout link',
      'directory made',
      'new directory made/by',
      'new file made/by/me',
      'new hardlink made/by/too made/by/me',
      'directory opaque',
    ]);
    const tar = streamTar({
      program: nativeProgram,
      ...toChangesWalk(opened.store.writable.get('c1')),
      map: (entry) => (entry.path === '' ? undefined : entry),
    });
    const { chainId } = await opened.store.apply(tar, { parent });
    const own = await walkTree(toLayerRoot(opened.store.writable.get('c1'), 'read'));
    assert.deepEqual(describe(await readLayer(opened, chainId)), describe(own));
  });

  test(`${name}: a layer that is made while its tar is written is the one that the tar makes`, needs, async (t) => {
    const opened = await openDriverStore(t, name);
    const { store, root } = opened;
    const parent = await applyBoth(opened);
    await prepareContainer(opened, 'c1', parent);
    // fuse-overlayfs keeps such names to itself.
    await change(opened, 'c1', name === 'fuse-overlayfs' ? OWN.filter(({ path }) => !path?.includes('.wh.')) : OWN);
    const tar = join(root, 'own.tar');
    const begun = await store.begin({ tar, parent });
    // Where a layer begins as a copy of the one below, its tar is read again.
    assert.equal(begun !== undefined, store.isStacked);
    if (begun === undefined) return;
    const hash = createHash('sha256');
    const hasEntries = await packLayer({
      program: nativeProgram,
      ...toChangesWalk(store.writable.get('c1')),
      through: withoutRoot,
      write(bytes) {
        appendFileSync(tar, bytes);
        hash.update(bytes);
      },
      begun,
    });
    assert.ok(hasEntries);
    const expected = `sha256:${hash.digest('hex')}` as DiffId;
    await begun.finish(expected);
    const layer = begun.commit();
    const once = await readWhole(opened, layer.chainId);
    await begun.discard();
    store.writable.release(`look-${layer.chainId.slice(7, 19)}`);
    store.remove(layer.chainId);
    const again = await store.apply(createReadStream(tar), { parent, expected, file: { path: tar, digest: expected } });
    assert.deepEqual(again, layer);
    assert.deepEqual(await readWhole(opened, again.chainId), once);
    await store.close();
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
    const dropped = await store.begin({ tar, parent });
    await dropped?.discard();
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
  });

  test(`${name}: nothing is left of what is removed, nor of what a process left that was killed`, needs, async (t) => {
    const opened = await openDriverStore(t, name);
    const { store, root, own, spawner } = opened;
    const lower = await apply(opened, BASE);
    const upper = await apply(opened, NEXT, lower);
    const layer = await prepareContainer(opened, 'c1', upper);
    const mounts = readMounts();
    await walkTree(toLayerRoot(layer, 'read'));
    await walkTree(store.rootOf(upper));
    assert.deepEqual(readMounts(), mounts);
    assert.throws(() => store.remove(lower), { kind: 'conflict' });
    assert.throws(() => store.remove(upper), { kind: 'conflict' });
    const second = await store.writable.prepare(upper);
    assert.throws(() => second.commit('c1'), { kind: 'conflict' });
    (await store.writable.prepare(upper)).discard();
    await withRootFolder(layer.upper, (folder) => writeFileSync(join(folder, 'written'), 'x'));
    store.writable.release('c1');
    store.remove(upper);
    store.remove(lower);
    await assert.rejects(
      store.writable.prepare(lower).then((prepared) => prepared.commit('c2')),
      { kind: 'not-found' },
    );
    const stray = join(root, 'staging', '1-1-1');
    if (name === 'btrfs') {
      await runRole(spawner, ['subvolume', stray]);
      mkdirSync(join(stray, 'fs'));
      await runRole(spawner, ['subvolume', join(stray, 'fs', 'of-the-container')]);
    }
    if (name === 'devicemapper') await runRole(spawner, ['thin', 'make', stray, '/sbin/mkfs.ext4']);
    mkdirSync(join(stray, 'fs', 'in'), { recursive: true });
    assert.deepEqual(store.abandoned(), [stray]);
    store.sweep([]);
    await store.close();
    for (const folder of [join(own, 'layers'), join(own, 'writable'), join(root, 'staging')]) {
      assert.deepEqual(readdirSync(folder), [], folder);
    }
  });

  test(`${name}: a layer that is refused leaves nothing`, needs, async (t) => {
    const opened = await openDriverStore(t, name);
    const lower = await apply(opened, BASE);
    const refused = apply(opened, [{ path: 'ok' }, { kind: 'hardlink', path: 'x', target: 'bin/su' }], lower);
    await assert.rejects(refused, { name: 'EngineError', kind: 'invalid-argument' });
    const missing = `sha256:${'0'.repeat(64)}` as ChainId;
    await assert.rejects(apply(opened, [{ path: 'ok' }], missing), {
      kind: 'conflict',
      message: /was removed meanwhile/,
    });
    await opened.store.close();
    assert.deepEqual(readdirSync(join(opened.root, 'staging')), []);
  });
}
