import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLayerFiles } from '../../src/engine/layers/file-index/layer-files.js';
import { openLayerStore } from '../../src/engine/layers/layer-store.js';
import { FILE_MARKS, type FileTree } from '../../src/model/file-tree.js';
import type { ChainId } from '../../src/model/ids.js';
import { failOnWarning } from '../support/fail-on-warning.js';
import { nativeProgram } from '../support/native-program.js';
import { makeSpawner } from '../support/process-spawner.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay');

function openStore(t: TestContext) {
  t.after(() => store.close());
  const root = makeTemporaryFolder(t);
  const store = openLayerStore({ root, program: nativeProgram, spawner: makeSpawner(t), logger: failOnWarning });
  const indexOf = (id: ChainId) => join(root, 'layers', id.slice('sha256:'.length), 'index');
  return { root, store, indexOf };
}

/** Everything that a tree says, a line a node. */
function describe(tree: FileTree): readonly string[] {
  return Array.from({ length: tree.length }, (_, node) => {
    const { kind, mode, uid, gid, sizeBytes, modifiedAtMs, target, isOpaque } = tree.file(node);
    const mark = FILE_MARKS[tree.marks[node] ?? 0];
    const time = kind === 'directory' ? '' : modifiedAtMs;
    return [mark, kind, tree.path(node), mode.toString(8), uid, gid, sizeBytes, time, target, isOpaque].join(' ');
  });
}

const LOWER: readonly TestEntry[] = [
  { kind: 'directory', path: '', mode: 0o755 },
  { kind: 'directory', path: 'd', mode: 0o2755, uid: 7, gid: 70_000 },
  { path: 'd/plain', content: 'plain', mtimeNanoseconds: 123_456_789 },
  { kind: 'hardlink', path: 'd/second', target: 'd/plain' },
  { kind: 'symlink', path: 'd/link', target: '../nowhere', mode: 0o777 },
  { kind: 'fifo', path: 'd/pipe' },
  { kind: 'character', path: 'd/null', major: 1, minor: 3 },
  { path: 'd/\xff\xfe', content: 'not UTF-8' },
  { path: 'd/capable', content: 'x', xattrs: new Map([['user.note', Buffer.from('note')]]) },
  { kind: 'directory', path: 'gone', mode: 0o755 },
  { path: 'gone/file', content: '12345' },
  { kind: 'directory', path: 'hidden', mode: 0o755 },
  { path: 'hidden/old', content: 'old' },
];
const UPPER: readonly TestEntry[] = [
  { kind: 'directory', path: '', mode: 0o755 },
  { path: '.wh.gone' },
  { kind: 'directory', path: 'hidden', mode: 0o755 },
  { path: 'hidden/.wh..wh..opq' },
  { path: 'hidden/new', content: 'new' },
];

test('an index that is made of the folder says what the one of the tar said', needs, async (t) => {
  const { store, indexOf } = openStore(t);
  const lower = await store.apply(streamOf(makeTar(LOWER)));
  const upper = await store.apply(streamOf(makeTar(UPPER)), { parent: lower.chainId });
  const read = async () => createLayerFiles(await store.indexes.stack(upper.chainId));
  const first = await read();
  const known = [0, 1].map((layer) => describe(first.tree(layer)));
  assert.ok(known[1]?.includes('added file /hidden/new 644 0 0 3 1700000000000  false'), known[1]?.join('\n'));
  assert.ok(known[1]?.includes('deleted file /gone/file 644 0 0 5 1700000000000  false'));
  const second = 'unchanged hardlink /d/second 644 0 0 0 1700000000000 d/plain false';
  assert.ok(
    known[0]?.some((line) => line === second.replace('unchanged', 'added')),
    known[0]?.join('\n'),
  );
  for (const damage of [
    (path: string) => rmSync(path),
    (path: string) => truncateSync(path, 40),
    (path: string) => writeFileSync(path, ''),
    (path: string) => flipByte(path, 30),
    (path: string) => flipByte(path, 0),
  ]) {
    for (const { chainId } of [lower, upper]) damage(indexOf(chainId));
    const again = await read();
    // The file system tells of a hard link which of its names was found first, and the time of what was linked.
    assert.deepEqual(
      [0, 1].map((layer) => describe(again.tree(layer)).map(withoutTime)),
      known.map((lines) => lines.map(withoutTime)),
    );
    for (const { chainId } of [lower, upper]) assert.ok(existsSync(indexOf(chainId)), 'it is kept');
  }
});

/** Time and mode of a name that is a hard link are those of the file. */
function withoutTime(line: string): string {
  return line.includes(' hardlink ') ? line.replace(/ \d+ (\S+ \S+)$/, ' $1') : line;
}

function flipByte(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}

test('a tar that writes through its own links gets its index from the folder', needs, async (t) => {
  const { store, indexOf } = openStore(t);
  const layer = await store.apply(
    streamOf(
      makeTar([
        { kind: 'directory', path: 'usr/lib', mode: 0o755 },
        { kind: 'symlink', path: 'lib', target: 'usr/lib' },
        { path: 'lib/libc.so', content: 'libc' },
      ]),
    ),
  );
  assert.ok(!existsSync(indexOf(layer.chainId)));
  const files = createLayerFiles(await store.indexes.stack(layer.chainId));
  const paths = describe(files.tree(0)).map((line) => line.split(' ')[2]);
  assert.deepEqual(paths, ['/', '/lib', '/usr', '/usr/lib', '/usr/lib/libc.so']);
  assert.ok(existsSync(indexOf(layer.chainId)));
});

test(
  'two stores that look at once make the same index, and a layer that goes meanwhile is not found',
  needs,
  async (t) => {
    const { root, store, indexOf } = openStore(t);
    const other = openLayerStore({ root, program: nativeProgram, spawner: makeSpawner(t), logger: failOnWarning });
    t.after(() => other.close());
    const { chainId } = await store.apply(streamOf(makeTar(LOWER)));
    const digest = () =>
      createHash('sha256')
        .update(readFileSync(indexOf(chainId)))
        .digest('hex');
    rmSync(indexOf(chainId));
    const [one, two] = await Promise.all([store.indexes.stack(chainId), other.indexes.stack(chainId)]);
    assert.deepEqual(describe(createLayerFiles(one).tree(0)), describe(createLayerFiles(two).tree(0)));
    const made = digest();
    rmSync(indexOf(chainId));
    await other.indexes.stack(chainId);
    assert.equal(digest(), made);
    rmSync(indexOf(chainId));
    const reading = store.indexes.stack(chainId);
    other.remove(chainId);
    await assert.rejects(reading, { kind: 'not-found' });
    await other.close();
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
    assert.deepEqual(readdirSync(join(root, 'layers')), []);
  },
);
