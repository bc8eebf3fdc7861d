import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRemovalQueue } from '../../src/engine/layers/removal-queue.js';
import { removeFlat } from '../../src/engine/layers/remove-flat.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

test('what is added in one go is removed together, and what comes while that works goes into the next one', async () => {
  const batches: (readonly string[])[] = [];
  const ends: (() => void)[] = [];
  const queue = createRemovalQueue(
    (paths) => {
      batches.push(paths);
      return new Promise((resolve) => ends.push(resolve));
    },
    (error) => assert.fail(String(error)),
  );
  queue.add(['a']);
  queue.add([]);
  queue.add(['b']);
  await new Promise(setImmediate);
  queue.add(['c', 'd']);
  queue.add(['e']);
  assert.deepEqual(batches, [['a', 'b']]);
  ends[0]?.();
  await new Promise(setImmediate);
  assert.deepEqual(batches, [
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]);
  let isDrained = false;
  const drained = queue.drain().then(() => {
    isDrained = true;
  });
  await new Promise(setImmediate);
  assert.equal(isDrained, false);
  ends[1]?.();
  await drained;
});

test('a removal that fails is told, and the next one goes on', async () => {
  const failures: unknown[] = [];
  const removed: string[] = [];
  const queue = createRemovalQueue(
    (paths) => {
      if (paths.includes('bad')) return Promise.reject(new Error('busy'));
      removed.push(...paths);
      return Promise.resolve();
    },
    (error) => void failures.push(error),
  );
  queue.add(['bad']);
  await new Promise(setImmediate);
  queue.add(['good']);
  await queue.drain();
  assert.deepEqual(failures.map(String), ['Error: busy']);
  assert.deepEqual(removed, ['good']);
  await queue.drain();
});

test('files, and folders of a few files, are deleted at once, and all else is left as it is', async (t) => {
  const root = makeTemporaryFolder(t);
  const make = (folder: string, ...names: readonly string[]) => {
    const path = join(root, folder);
    mkdirSync(path);
    for (const name of names) writeFileSync(join(path, name), name);
    return path;
  };
  const flat = make('flat', 'layer.tar', 'layer.erofs', 'index', 'layer.json');
  const deep = make('deep', 'index');
  mkdirSync(join(deep, 'fs'));
  const linked = make('linked', 'index');
  symlinkSync(flat, join(linked, 'fs'));
  const many = make('many', ...Array.from({ length: 9 }, (_, i) => `file-${i}`));
  const file = join(root, 'file');
  writeFileSync(file, '');
  const link = join(root, 'link');
  symlinkSync(file, link);
  const others = [deep, linked, many, link, join(root, 'missing')];
  assert.deepEqual(await removeFlat([flat, make('empty'), ...others]), others);
  assert.ok(existsSync(file));
  assert.deepEqual(await removeFlat([file]), []);
  assert.deepEqual(readdirSync(root).sort(), ['deep', 'link', 'linked', 'many']);
  assert.deepEqual(
    [deep, linked, many].map((path) => readdirSync(path).length),
    [2, 2, 9],
  );
});
