import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toLayerRoot } from '../../src/engine/layers/layer-roots.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { makeStorageFolder, openDriverStore } from '../support/storage-worlds.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';
import { waitFor } from '../support/wait-for.js';
import { walkTree } from '../support/walk-tree.js';

const MKFS = '/sbin/mkfs.ext4';
const needs = requires('root', 'device-mapper', 'command:mkfs.ext4', 'command:strace');

/** Where the helper changes the pool, its devices or a folder. */
const CALLS = ['ioctl', 'mkdir', 'open', 'openat', 'write', 'rename', 'unlink', 'unlinkat', 'rmdir', 'ftruncate'];

function run(...words: readonly string[]): string {
  return execFileSync(nativeProgram, words, { encoding: 'utf8' });
}

/** A folder as the driver has one, with the pool that is in it. */
function makePool(folder: string) {
  const [pool, layers] = [join(folder, 'pool'), join(folder, 'layers')];
  for (const path of [pool, layers]) mkdirSync(path, { recursive: true });
  return {
    pool,
    place: (name: string) => join(layers, name),
    readUsed: () => run('thin', 'status', pool).split(' ')[0],
  };
}

/** Device mapper's devices of pools in the folder. A device is gone a moment after its last user. */
function listDevices(pool: string): readonly string[] {
  const own = `-${statSync(pool).ino}-`;
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('dm-'))
    .flatMap((name) => {
      try {
        return [readFileSync(`/sys/block/${name}/dm/name`, 'utf8').trim()];
      } catch {
        // Gone meanwhile.
        return [];
      }
    })
    .filter((name) => name.includes(own));
}

function trace(
  words: readonly string[],
  more: readonly string[] = [],
): { readonly lines: readonly string[]; readonly code: number | null } {
  const list = CALLS.map((call) => `?${call}`).join(',');
  const { status, stderr } = spawnSync('strace', ['-qqq', '-e', `trace=${list}`, ...more, nativeProgram, ...words], {
    encoding: 'utf8',
  });
  return { lines: stderr.split('\n'), code: status };
}

/** Runs the words, killed before each of their calls in turn; `each` is told of every one. */
function killEverywhere(prepare: () => void, words: readonly string[], each: (point: string) => void): void {
  prepare();
  const counts = new Map<string, number>();
  for (const line of trace(words).lines) {
    const call = /^([a-z]+)\(/.exec(line)?.[1];
    if (call !== undefined) counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  each('not killed');
  for (const [call, count] of counts) {
    for (let when = 1; when <= count; when++) {
      prepare();
      trace(words, ['-e', `inject=${call}:signal=SIGKILL:when=${when}`]);
      each(`${call} ${when}`);
    }
  }
}

test('a helper that is killed at any call leaves nothing that the next one does not take away', needs, async (t) => {
  const { folder, remove } = makeStorageFolder('devicemapper');
  t.after(remove);
  const { pool, place, readUsed } = makePool(folder);
  run('thin', 'make', place('parent'), MKFS);
  execFileSync('mv', [join(place('parent'), 'root.thin'), join(place('parent'), 'layer.thin')]);
  const used = readUsed();
  const make = ['thin', 'make', place('one'), MKFS, place('parent'), 'own'];
  killEverywhere(
    () => undefined,
    make,
    (point) => {
      run('remove', place('one'));
      assert.deepEqual([readUsed(), readdirSync(join(folder, 'layers'))], [used, ['parent']], point);
    },
  );
  killEverywhere(
    () => {
      run('remove', place('one'));
      run(...make);
    },
    ['remove', place('one')],
    (point) => {
      run('remove', place('one'));
      assert.deepEqual([readUsed(), readdirSync(join(folder, 'layers'))], [used, ['parent']], point);
    },
  );
  run('remove', place('parent'));
  await waitFor('the pool to be gone', () => listDevices(pool).length === 0);
});

test(
  'a helper that is killed while it makes the first file system leaves a pool that can be used',
  needs,
  async (t) => {
    const { folder, remove } = makeStorageFolder('devicemapper');
    t.after(remove);
    const { pool, place } = makePool(folder);
    killEverywhere(
      () => {
        run('remove', join(pool, 'base'));
        run('remove', place('one'));
      },
      ['thin', 'make', place('one'), MKFS],
      (point) => {
        run('remove', place('one'));
        run('thin', 'make', place('two'), MKFS);
        run('remove', place('two'));
        assert.deepEqual(readdirSync(pool).sort(), ['base', 'data', 'metadata'], point);
      },
    );
    await waitFor('the pool to be gone', () => listDevices(pool).length === 0);
  },
);

test('a pool that is full says so, and what did not fit leaves its space', needs, async (t) => {
  const { folder, remove } = makeStorageFolder('devicemapper');
  t.after(remove);
  const pool = join(folder, 'devicemapper', 'pool');
  mkdirSync(pool, { recursive: true });
  // A file that is there keeps its size.
  writeFileSync(join(pool, 'data'), '');
  truncateSync(join(pool, 'data'), 64 << 20);
  const { store } = await openDriverStore(t, 'devicemapper', folder);
  const large = makeTar([{ path: 'large', content: Buffer.alloc(80 << 20, 'x') }]);
  await assert.rejects(store.apply(streamOf(large)), { name: 'EngineError', kind: 'unavailable', message: /ENOSPC/ });
  const { chainId } = await store.apply(streamOf(makeTar([{ path: 'small', content: 'fits' }])));
  const prepared = await store.writable.prepare(chainId);
  const tree = await walkTree(toLayerRoot(prepared.commit('one'), 'read'));
  assert.equal(tree.get('small')?.bytes.toString(), 'fits');
  store.writable.release('one');
  store.remove(chainId);
  await store.close();
  truncateSync(join(pool, 'data'), 64 << 20);
});
