import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listLayerFolders } from '../../src/engine/layers/check-layers.js';
import { probeKeptAttributes } from '../../src/engine/layers/kept-attributes.js';
import { createLayerComparer } from '../../src/engine/layers/layer-comparer.js';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { openDriverStore } from '../support/storage-worlds.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:mkfs.ext4', 'command:mount');

/** A file system whose inodes have no room for parts of a second, nor for years after 2038. */
function mountOldExt4(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join('/dev/shm', 'gantry-ext4-'));
  const [image, mount] = [join(folder, 'image'), join(folder, 'mount')];
  writeFileSync(image, '');
  truncateSync(image, 64 * 2 ** 20);
  mkdirSync(mount);
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  execFileSync('mkfs.ext4', ['-q', '-I', '128', image], { env, stdio: 'ignore' });
  execFileSync('mount', ['-o', 'loop', image, mount], { env, stdio: 'ignore' });
  return {
    folder: mount,
    remove() {
      execFileSync('umount', [mount], { env });
      rmSync(folder, { recursive: true });
    },
  };
}

const ENTRIES: readonly TestEntry[] = [
  { path: 'exact', mtimeNanoseconds: 123_456_789 },
  { path: 'late', mtimeSeconds: 5_000_000_000, mtimeNanoseconds: 5 },
  { path: 'far', mtimeSeconds: -(2 ** 40) },
];

test('a time that the file system cannot keep is no difference, and another one is', needs, async (t) => {
  const { folder: state, remove } = mountOldExt4();
  const opening = openDriverStore(t, 'overlay2', state);
  // What is asked for first is done first: the store has to be closed.
  t.after(remove);
  const { root, store } = await opening;
  const tar = makeTar(ENTRIES);
  const { chainId } = await store.apply(streamOf(tar));
  const [folder] = listLayerFolders(store);
  assert.ok(folder);
  const comparer = createLayerComparer({ root, program: nativeProgram });
  const tars = [{ chainId, open: () => streamOf(tar) }];
  assert.deepEqual(await comparer.compare(folder, tars), { isCompared: true });
  const [lower = ''] = store.lowers(chainId);
  utimesSync(join(lower, 'exact'), 1_700_000_001, 1_700_000_001);
  const { difference } = await comparer.compare(folder, tars);
  assert.match(String(difference), /^\/exact differs: time 1700000001\./);
  assert.deepEqual(readdirSync(join(root, 'staging')), []);
});

test('what a file system keeps is what it has when it is read again', needs, async (t) => {
  const { folder, remove } = mountOldExt4();
  t.after(remove);
  const keep = await probeKeptAttributes(nativeProgram, join(folder, 'probe'));
  const keepTime = (entry: TestEntry) => {
    const { mtimeSeconds, mtimeNanoseconds } = keep({ ...entry, kind: 'file' } as FileEntry);
    return [mtimeSeconds, mtimeNanoseconds];
  };
  assert.deepEqual(
    [
      keepTime({ mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 123_456_789 }),
      keepTime({ mtimeSeconds: 5_000_000_000, mtimeNanoseconds: 0 }),
      keepTime({ mtimeSeconds: -(2 ** 40), mtimeNanoseconds: 0 }),
    ],
    [
      [1_700_000_000, 0],
      [2 ** 31 - 1, 0],
      [-(2 ** 31), 0],
    ],
  );
  const names = ['user.a', 'trusted.a', 'security.a', 'system.posix_acl_access'];
  const entry = {
    kind: 'file',
    xattrs: new Map(names.map((name) => [name, Buffer.from('x')])),
  } as unknown as FileEntry;
  assert.deepEqual([...(keep(entry).xattrs ?? new Map()).keys()], ['user.a', 'trusted.a', 'security.a']);
});
