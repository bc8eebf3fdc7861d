import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { toChainIds } from '../../src/engine/layers/chain-id.js';
import { openLayerStore } from '../../src/engine/layers/layer-store.js';
import type { ChainId, DiffId, Digest } from '../../src/model/ids.js';
import { failOnWarning } from '../support/fail-on-warning.js';
import { nativeProgram } from '../support/native-program.js';
import { makeSpawner } from '../support/process-spawner.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { type WalkedEntry, walkTree } from '../support/walk-tree.js';

const needs = requires('root', 'overlay');

function openStore(t: TestContext) {
  // Before the folder goes.
  t.after(() => store.close());
  const root = makeTemporaryFolder(t);
  const store = openLayerStore({ root, program: nativeProgram, spawner: makeSpawner(t), logger: failOnWarning });
  return { root, store };
}

function digestOf(bytes: Buffer): DiffId {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as DiffId;
}

/** What must be the same when two trees are. */
function describe(tree: ReadonlyMap<string, WalkedEntry>) {
  return [...tree].map(
    ([path, { kind, target, mode, uid, gid, major, minor, mtimeSeconds, mtimeNanoseconds, xattrs, bytes }]) => ({
      path,
      kind,
      target,
      mode,
      ids: [uid, gid],
      device: [major, minor],
      time: path === '' ? '' : `${mtimeSeconds}.${mtimeNanoseconds}`,
      xattrs: [...(xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).sort(),
      content: createHash('sha256').update(bytes).digest('hex'),
    }),
  );
}

function assertNothingLeft(root: string): void {
  assert.deepEqual(readdirSync(join(root, 'layers')), []);
  assert.deepEqual(readdirSync(join(root, 'staging')), []);
}

test(
  'a layer has all that GNU tar gives the same archive',
  requires('root', 'command:tar', 'command:python3'),
  async (t) => {
    const { root, store } = openStore(t);
    const source = join(root, 'source');
    mkdirSync(join(source, 'd', 'setgid'), { recursive: true });
    writeFileSync(join(source, 'd', 'plain'), 'plain\n');
    execFileSync('sh', ['-c', SOURCE_SCRIPT], { cwd: source });
    const tar = execFileSync('tar', ['--format=posix', '--sparse', '--xattrs', '--xattrs-include=*', '-cf', '-', '.'], {
      cwd: source,
      maxBuffer: 1 << 28,
    });
    const layer = await store.apply(streamOf(tar));
    const extracted = join(root, 'extracted');
    mkdirSync(extracted);
    execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-xpf', '-', '-C', extracted], { input: tar });
    const [lower = ''] = store.lowers(layer.chainId);
    const ours = await walkTree({ kind: 'directory', path: lower });
    assert.deepEqual(describe(ours), describe(await walkTree({ kind: 'directory', path: extracted })));
    assert.equal(ours.get('d/plain2')?.target, 'd/plain');
    assert.equal(ours.get('d/cap')?.xattrs?.size, 1);
    assert.equal(layer.diffId, digestOf(tar));
    assert.ok(statSync(join(lower, 'd', 'sparse')).blocks < 1000, 'holes stay holes');
  },
);

const SOURCE_SCRIPT = `
  set -e
  ln d/plain d/plain2; ln -s ../nowhere d/sym; mkfifo d/pipe; mknod d/null c 1 3; mknod d/disk b 8 1
  cp /bin/true d/cap; python3 -c 'import os; os.setxattr("d/cap", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))'
  cp /bin/true d/suid; chmod 4755 d/suid; chown 1000:2000 d/plain; chown -h 5:6 d/sym
  python3 -c 'import os; os.setxattr("d", "user.note", b"hello")'; chgrp 42 d/setgid; chmod 2775 d/setgid; echo x > d/setgid/root-group; chgrp 0 d/setgid/root-group
  truncate -s 5000000 d/sparse; printf end | dd of=d/sparse bs=1 seek=4000000 conv=notrunc status=none
  touch -d '2001-02-03 04:05:06.789' d/plain d/setgid d
`;

test('whiteouts and opaque directories hide what is below, and nothing of their own layer', needs, async (t) => {
  const { store } = openStore(t);
  const lower = await store.apply(
    streamOf(
      makeTar([
        { path: 'gone', content: '1' },
        { path: 'dir/gone', content: '1' },
        { path: 'dir/kept', content: '1' },
        { path: 'opaque/hidden', content: '1' },
        { path: 'replaced/old', content: '1' },
        { path: 'late/old', content: '1' },
      ]),
    ),
  );
  const upper = await store.apply(
    streamOf(
      makeTar([
        { path: '.wh.gone' },
        { path: 'dir/.wh.gone' },
        { path: 'opaque/new', content: '2' },
        { path: 'opaque/.wh..wh..opq' },
        { path: '.wh.replaced' },
        { kind: 'directory', path: 'replaced', mode: 0o755 },
        { path: 'replaced/new', content: '2' },
        { path: 'late/new', content: '2' },
        { path: '.wh.late' },
        { path: '.wh..wh.plnk/1.2', content: 'aufs' },
      ]),
    ),
    { parent: lower.chainId },
  );
  const merged = await walkTree({ kind: 'overlay', lowers: store.lowers(upper.chainId) });
  const files = [...merged.values()].filter(({ kind }) => kind !== 'directory').map(({ path }) => path);
  assert.deepEqual(files, ['dir/kept', 'late/new', 'opaque/new', 'replaced/new']);
});

test('one path twice: the last wins, whatever it was before', needs, async (t) => {
  const { root, store } = openStore(t);
  const layer = await store.apply(
    streamOf(
      makeTar([
        { path: 'a/file', content: 'first' },
        { path: 'a', content: 'now a file' },
        { path: 'b', content: 'x' },
        { kind: 'directory', path: 'b', mode: 0o700 },
        { path: 'b/in', content: 'y' },
        { kind: 'symlink', path: 'c', target: '/' },
        { path: 'c', content: 'no link' },
        { kind: 'directory', path: 'b', mode: 0o711 },
      ]),
    ),
  );
  const tree = await walkTree({ kind: 'directory', path: join(root, 'layers', layer.chainId.slice(7), 'fs') });
  assert.equal(tree.get('a')?.bytes.toString(), 'now a file');
  assert.equal(tree.get('b')?.mode, 0o711);
  assert.equal(tree.get('b/in')?.bytes.toString(), 'y');
  assert.equal(tree.get('c')?.bytes.toString(), 'no link');
});

const REFUSED: readonly (readonly [string, readonly TestEntry[]])[] = [
  ['a path with ..', [{ path: 'ok' }, { path: '../../escape', content: 'x' }]],
  ['a hard link outward', [{ kind: 'hardlink', path: 'x', target: '../../../etc/passwd' }]],
  ['a hard link to nothing', [{ kind: 'hardlink', path: 'x', target: 'etc/passwd' }]],
  ['a device 0:0', [{ kind: 'character', path: 'etc', major: 0, minor: 0 }]],
  ['an empty whiteout', [{ path: 'd/.wh.' }]],
  ['a whiteout of .', [{ path: 'd/.wh..' }]],
  ['a whiteout of ..', [{ path: 'd/.wh...' }]],
  ['files below a whiteout', [{ path: '.wh.d/file', content: 'x' }]],
  [
    'a file as a parent',
    [
      { path: 'f', content: 'x' },
      { path: 'f/child', content: 'x' },
    ],
  ],
  [
    'a link in a loop as a parent',
    [
      { kind: 'symlink', path: 'l', target: 'l' },
      { path: 'l/x', content: 'x' },
    ],
  ],
  ['the root as a file', [{ path: '/', content: 'x' }]],
];

for (const [title, entries] of REFUSED) {
  test(`a layer with ${title} is refused and leaves nothing`, needs, async (t) => {
    const { root, store } = openStore(t);
    await assert.rejects(store.apply(streamOf(makeTar(entries))), { name: 'EngineError', kind: 'invalid-argument' });
    assertNothingLeft(root);
    assert.equal(existsSync(join(root, 'escape')), false);
  });
}

test('links that lead out of the layer stay inside of it', needs, async (t) => {
  const { root, store } = openStore(t);
  const outside = join(root, 'outside');
  mkdirSync(outside);
  const layer = await store.apply(
    streamOf(
      makeTar([
        { kind: 'symlink', path: 'absolute', target: outside },
        { kind: 'directory', path: outside.slice(1) },
        { path: 'absolute/file', content: 'x' },
        { kind: 'symlink', path: 'up', target: '../../../../../../../../etc' },
        { kind: 'directory', path: 'etc' },
        { path: 'up/gantry-escape', content: 'x' },
        { kind: 'symlink', path: 'dir', target: '/' },
        { kind: 'hardlink', path: 'dir/hard', target: 'up/gantry-escape' },
      ]),
    ),
  );
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(existsSync('/etc/gantry-escape'), false);
  const tree = await walkTree({ kind: 'directory', path: store.lowers(layer.chainId)[0] ?? '' });
  assert.equal(tree.get(`${outside.slice(1)}/file`)?.bytes.toString(), 'x');
  assert.equal(tree.get('hard')?.target, 'etc/gantry-escape');
});

test('what would speak to overlayfs is left out of a layer', requires('root', 'command:python3'), async (t) => {
  const { store } = openStore(t);
  const xattrs = new Map(
    ['trusted.overlay.redirect', 'trusted.overlay.opaque', 'user.overlay.opaque', 'user.kept'].map((name) => [
      name,
      Buffer.from('y'),
    ]),
  );
  const layer = await store.apply(streamOf(makeTar([{ kind: 'directory', path: 'd', xattrs }])));
  const list = 'import os, sys; print(os.listxattr(sys.argv[1]))';
  const folder = join(store.lowers(layer.chainId)[0] ?? '', 'd');
  const found = execFileSync('python3', ['-c', list, folder], { encoding: 'utf8' });
  assert.match(found, /user\.kept/);
  assert.doesNotMatch(found, /overlay/);
});

test('an archive that is cut off, damaged, or not what it should be leaves nothing', needs, async (t) => {
  const { root, store } = openStore(t);
  const tar = makeTar([{ path: 'file', content: Buffer.alloc(300_000, 1) }]);
  const packed = gzipSync(tar);
  for (const bytes of [
    tar.subarray(0, 200_000),
    packed.subarray(0, packed.length - 20),
    zstdCompressSync(tar).subarray(0, 30),
    Buffer.from('no tar at all'),
  ]) {
    await assert.rejects(store.apply(streamOf(bytes)), { kind: 'invalid-argument' });
  }
  const expected = digestOf(Buffer.from('other'));
  await assert.rejects(store.apply(streamOf(tar), { expected }), {
    kind: 'invalid-argument',
    message: /is not what it should be/,
  });
  // Packed, it is as it should be; the tar in it is not.
  const path = join(makeTemporaryFolder(t), 'packed');
  writeFileSync(path, packed);
  const digest = digestOf(packed) as string as Digest;
  await assert.rejects(store.apply(streamOf(packed), { expected: digestOf(packed), file: { path, digest } }), {
    kind: 'invalid-argument',
    message: /is not what it should be/,
  });
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield tar.subarray(0, 1000);
    await Promise.reject(new Error('the wire broke'));
  }
  await assert.rejects(store.apply(failing()), /the wire broke/);
  const bomb = Buffer.concat(Array<Buffer>(90).fill(gzipSync(Buffer.alloc(1 << 24))));
  await assert.rejects(store.apply(streamOf(bomb)), {
    kind: 'invalid-argument',
    message: /expands/,
  });
  assertNothingLeft(root);
});

test('plain, gzip of two members and zstd of many frames give one DiffID', needs, async (t) => {
  const { store } = openStore(t);
  const tar = makeTar([{ path: 'file', content: Buffer.alloc(500_000, 'abc') }]);
  const half = tar.subarray(0, 100_000);
  const rest = tar.subarray(100_000);
  const skipped = Buffer.from('502a4d1804000000deadbeef', 'hex');
  const forms = [
    tar,
    Buffer.concat([gzipSync(half), gzipSync(rest)]),
    Buffer.concat([skipped, zstdCompressSync(half), skipped, zstdCompressSync(rest), skipped]),
  ];
  for (const form of forms) {
    for (const partSize of [7, 65_536]) {
      const layer = await store.apply(streamOf(form, form.length > 200_000 ? 65_536 : partSize));
      assert.equal(layer.diffId, digestOf(tar));
      assert.equal(layer.sizeBytes, 500_000);
    }
  }
  assert.equal(store.list().length, 1);
});

test('a stack of 150 layers is told top first and mounts as one', needs, async (t) => {
  const { store } = openStore(t);
  const diffIds: DiffId[] = [];
  let top: ChainId | undefined;
  for (let i = 0; i < 150; i++) {
    const tar = makeTar([{ path: 'last', content: String(i) }, { path: `only-${i}` }]);
    diffIds.push(digestOf(tar));
    top = (await store.apply(streamOf(tar), top === undefined ? {} : { parent: top })).chainId;
  }
  assert.equal(top, toChainIds(diffIds).at(-1));
  assert.ok(top);
  const lowers = store.lowers(top);
  assert.equal(lowers.length, 150);
  const tree = await walkTree({ kind: 'overlay', lowers });
  assert.equal(tree.get('last')?.bytes.toString(), '149');
  assert.equal(tree.size, 152);
});

test('a layer cannot go while another or a container stands on it', needs, async (t) => {
  const { root, store } = openStore(t);
  const lower = await store.apply(streamOf(makeTar([{ path: 'a' }])));
  const upper = await store.apply(streamOf(makeTar([{ path: 'b' }])), { parent: lower.chainId });
  const writable = (await store.writable.prepare(upper.chainId)).commit('c1');
  assert.equal(writable.lowers.length, 2);
  assert.throws(() => store.remove(lower.chainId), { kind: 'conflict' });
  assert.throws(() => store.remove(upper.chainId), { kind: 'conflict' });
  const second = await store.writable.prepare(upper.chainId);
  assert.throws(() => second.commit('c1'), { kind: 'conflict' });
  const third = await store.writable.prepare(upper.chainId);
  assert.throws(() => third.commit('../c1'), { kind: 'invalid-argument' });
  writeFileSync(join(writable.upper, 'written'), 'x');
  store.writable.release('c1');
  store.remove(upper.chainId);
  store.remove(lower.chainId);
  assert.throws(() => store.remove(lower.chainId), { kind: 'not-found' });
  await store.close();
  assertNothingLeft(root);
  assert.deepEqual(readdirSync(join(root, 'writable')), []);
});

test('a sweep takes what a process left that died while it applied a layer', needs, async (t) => {
  const { root, store } = openStore(t);
  const kept = await store.apply(streamOf(makeTar([{ path: 'a' }])));
  const stray = await store.apply(streamOf(makeTar([{ path: 'b' }])), { parent: kept.chainId });
  mkdirSync(join(root, 'staging', '1-1-1', 'fs'), { recursive: true });
  store.sweep([kept.chainId]);
  assert.equal(store.list().length, 2, 'this process may be about to give its layer an image');
  const record = join(root, 'layers', stray.chainId.slice(7), 'layer.json');
  writeFileSync(record, readFileSync(record, 'utf8').replace(/"owner":"[^"]*"/, '"owner":"1-1"'));
  store.sweep([kept.chainId]);
  assert.deepEqual(
    store.list().map(({ chainId }) => chainId),
    [kept.chainId],
  );
  await store.close();
  assert.deepEqual(readdirSync(join(root, 'staging')), []);
});
