import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLayerFiles } from '../../src/engine/layers/file-index/layer-files.js';
import { parseLayerIndex } from '../../src/engine/layers/file-index/layer-index.js';
import { createRecordSorter } from '../../src/engine/layers/file-index/record-sorter.js';
import { settleRecords, UnsettledError } from '../../src/engine/layers/file-index/settle-records.js';
import { FILE_MARKS, type FileTree } from '../../src/model/file-tree.js';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { makeIndex, makeIndexBytes } from '../support/layer-index.js';
import type { TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const LETTERS = { unchanged: ' ', added: 'A', changed: 'C', deleted: 'D' } as const;

function filesOf(...layers: readonly (readonly TestEntry[])[]) {
  return createLayerFiles(layers.map(makeIndex));
}

/** A letter and the path of each node. */
function marks(tree: FileTree, isKept: (node: number) => boolean = () => true): readonly string[] {
  return Array.from({ length: tree.length }, (_, node) => node)
    .filter(isKept)
    .map((node) => `${LETTERS[FILE_MARKS[tree.marks[node] ?? 0] ?? 'unchanged']} ${tree.path(node)}`);
}

const folder = (path: string, change: Partial<TestEntry> = {}): TestEntry => ({
  kind: 'directory',
  path,
  mode: 0o755,
  ...change,
});

test('a layer adds, changes, deletes, and leaves alone what it only repeats', () => {
  const files = filesOf(
    [
      folder('d'),
      { path: 'd/same', content: 'same' },
      { path: 'd/longer', content: 'a' },
      { path: 'd/other', content: 'one' },
      { path: 'd/mode', content: 'm' },
      { path: 'd/gone', content: '12345' },
      { path: 'd/link-of', content: 'linked' },
      folder('dir-gone/in'),
      { path: 'dir-gone/in/file', content: '123' },
      { path: 'quiet/file', content: 'q' },
    ],
    [
      folder('d'),
      { path: 'd/same', content: 'same', mtimeSeconds: 1 },
      { path: 'd/longer', content: 'ab' },
      { path: 'd/other', content: 'two' },
      { path: 'd/mode', content: 'm', mode: 0o600 },
      { path: 'd/.wh.gone' },
      { path: 'd/new', content: 'linked' },
      { kind: 'hardlink', path: 'd/link-of', target: 'd/new' },
      { path: '.wh.dir-gone' },
      { path: '.wh.never-there' },
    ],
    [{ path: 'd/latest', content: '' }],
  );
  assert.deepEqual(marks(files.tree(1)), [
    'C /',
    'C /d',
    'D /d/gone',
    '  /d/link-of',
    'C /d/longer',
    'C /d/mode',
    'A /d/new',
    'C /d/other',
    '  /d/same',
    'D /dir-gone',
    'D /dir-gone/in',
    'D /dir-gone/in/file',
    'D /never-there',
    '  /quiet',
    '  /quiet/file',
  ]);
  const own = files.tree(1).isOwn;
  assert.ok(!marks(files.tree(1), (node) => own[node] === 1).some((line) => line.includes('quiet')));
  assert.deepEqual(
    marks(files.tree(2), (node) => files.tree(2).marks[node] !== 0),
    ['C /', 'C /d', 'A /d/latest'],
  );
  assert.ok(!marks(files.tree(2)).some((line) => line.includes('gone') || line.includes('never')));
  // Every entry of the lowest layer is new.
  assert.ok(marks(files.tree(0)).every((line) => line.startsWith('A')));
});

test('an opaque directory deletes what was in it and nothing of its own', () => {
  const files = filesOf(
    [
      { path: 'd/a', content: 'a' },
      { path: 'd/sub/b', content: 'b' },
    ],
    [folder('d'), { path: 'd/.wh..wh..opq' }, { path: 'd/c', content: 'c' }],
  );
  assert.deepEqual(marks(files.tree(1)), ['C /', 'C /d', 'D /d/a', 'A /d/c', 'D /d/sub', 'D /d/sub/b']);
  const [root = 0] = [files.tree(1).totalBytes[0]];
  assert.equal(root, 1);
  assert.equal(files.waste().hiddenBytes, 2);
});

test('a directory replaced by a file, and a file by a directory, are changed', () => {
  const files = filesOf(
    [
      { path: 'a/x', content: 'x' },
      { path: 'b', content: 'b' },
    ],
    [{ path: 'a', content: 'now a file' }, folder('b'), { path: 'b/y', content: 'y' }],
  );
  assert.deepEqual(marks(files.tree(1)), ['C /', 'C /a', 'C /b', 'A /b/y']);
});

test('of one path in a tar the last entry counts, and what a file replaced is gone', () => {
  const files = filesOf([
    { path: 'a/file', content: 'first' },
    { path: 'a', content: 'now a file' },
    { path: 'b', content: 'x' },
    folder('b', { mode: 0o700 }),
    { path: 'b/in', content: 'y' },
    folder('b', { mode: 0o711 }),
    { path: 'a-b', content: '' },
  ]);
  const tree = files.tree(0);
  assert.deepEqual(marks(tree), ['A /', 'A /a', 'A /a-b', 'A /b', 'A /b/in']);
  assert.equal(tree.file(3).mode, 0o711);
  assert.deepEqual(filesOf([{ path: '.wh.a' }, { path: 'b/.wh.c' }]).tree(0).length, 4);
  assert.equal(makeIndexBytes([{ kind: 'symlink', path: 'a', target: 'b' }, { path: 'a/through' }]), undefined);
});

test('waste is what dive counts, with what a whiteout of a directory hides', () => {
  const waste = filesOf(
    [
      { path: 'twice', content: 'x'.repeat(10) },
      { path: 'once', content: 'x'.repeat(100) },
      { path: 'gone', content: 'x'.repeat(7) },
      { path: 'dir/a', content: 'x'.repeat(20) },
      { path: 'dir/b/c', content: 'x'.repeat(30) },
    ],
    [{ path: 'twice', content: 'y'.repeat(4) }, { path: '.wh.gone' }],
    [{ path: '.wh.dir' }],
  ).waste();
  assert.equal(waste.efficiency, (4 + 100) / (10 + 4 + 100 + 7 + 20 + 30));
  assert.equal(waste.wastedBytes, 14 + 7 + 50);
  assert.equal(waste.hiddenBytes, 10 + 7 + 50);
  assert.deepEqual(waste.paths, [
    { path: '/dir', files: 2, versions: 4, totalBytes: 50, hiddenBytes: 50 },
    { path: '/twice', files: 1, versions: 2, totalBytes: 14, hiddenBytes: 10 },
    { path: '/gone', files: 1, versions: 2, totalBytes: 7, hiddenBytes: 7 },
  ]);
  assert.deepEqual(filesOf().waste(), { efficiency: 1, wastedBytes: 0, hiddenBytes: 0, paths: [] });
  assert.throws(() => filesOf().tree(0), { kind: 'invalid-argument' });
});

/** Numbers that look random and are the same each time. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A layer that does any of the things a layer can do to a handful of paths. */
function makeRandomLayer(random: (below: number) => number): readonly TestEntry[] {
  const entries = new Map<string, TestEntry>();
  for (let i = 0; i < 12; i++) {
    const parts = Array.from({ length: 1 + random(3) }, () => 'abc'[random(3)]);
    const path = parts.join('/');
    // No entry below what is no directory.
    const isBlocked = [...entries.values()].some(
      ({ path: other = '', kind = 'file' }) => path.startsWith(`${other}/`) && kind !== 'directory',
    );
    const hasBelow = [...entries.keys()].some((other) => other.startsWith(`${path}/`));
    if (isBlocked || entries.has(path)) continue;
    const what = random(hasBelow ? 2 : 5);
    if (what < 2) entries.set(path, folder(path));
    else if (what === 2) entries.set(path, { kind: 'whiteout', path });
    else entries.set(path, { path, content: 'x'.repeat(random(5)) });
    if (what === 1) entries.set(`${path}\0`, { kind: 'opaque', path });
  }
  return [...entries.values()];
}

/** The same answers by brute force: what is there, and the size that each path had, step by step; 0 once it is gone. */
class NaiveStack {
  readonly seen = new Map<string, 'directory' | number>();
  readonly sizes = new Map<string, number[]>();

  constructor(layers: readonly (readonly TestEntry[])[]) {
    for (const layer of layers) {
      for (const { kind, path = '' } of layer) {
        if (kind === 'whiteout' || kind === 'opaque') this.#remove(path, kind === 'whiteout');
      }
      for (const entry of layer) this.#add(entry);
    }
  }

  #record(path: string, size: number): void {
    this.sizes.set(path, [...(this.sizes.get(path) ?? []), size]);
  }

  #remove(path: string, includesPath: boolean): void {
    for (const [other, what] of [...this.seen]) {
      if (!other.startsWith(`${path}/`) && !(includesPath && other === path)) continue;
      this.seen.delete(other);
      if (what !== 'directory') this.#record(other, 0);
    }
  }

  #add({ kind = 'file', path = '', content = '' }: TestEntry): void {
    const parts = path.split('/');
    const above = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    // A whiteout needs the directories above it too.
    for (const directory of kind === 'file' || kind === 'whiteout' ? above.slice(0, -1) : above) {
      if (typeof this.seen.get(directory) === 'number') this.#record(directory, 0);
      this.seen.set(directory, 'directory');
    }
    if (kind !== 'file') return;
    this.#remove(path, false);
    this.seen.set(path, content.length);
    this.#record(path, content.length);
  }
}

test('trees and waste are right whatever layers do to each other', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed);
    const layers = Array.from({ length: 1 + random(4) }, () => makeRandomLayer(random));
    const files = createLayerFiles(layers.map(makeIndex));
    const top = layers.length - 1;
    const tree = files.tree(top);
    const alive = Array.from({ length: tree.length }, (_, node) => node).filter((node) => tree.marks[node] !== 3);
    const { seen, sizes } = new NaiveStack(layers);
    const before = new NaiveStack(layers.slice(0, -1)).seen;
    const hint = `seed ${seed} ${JSON.stringify(layers)}`;
    assert.deepEqual(
      alive
        .slice(1)
        .map((node) => tree.path(node))
        .sort(),
      [...seen.keys()].map((path) => `/${path}`).sort(),
      hint,
    );
    for (const node of alive.slice(1)) {
      const path = tree.path(node).slice(1);
      if (!before.has(path)) assert.equal(tree.marks[node], 1, `${path} is added: ${hint}`);
      const size = [...seen].reduce(
        (sum, [each, what]) =>
          (each === path || each.startsWith(`${path}/`)) && what !== 'directory' ? sum + what : sum,
        0,
      );
      assert.equal(tree.totalBytes[node], size, `${path}: ${hint}`);
    }
    const deleted = new Set(marks(tree, (node) => tree.marks[node] === 3).map((line) => line.slice(3)));
    for (const path of before.keys()) {
      const isBelowFile = [...seen].some(([each, what]) => what !== 'directory' && path.startsWith(`${each}/`));
      if (!seen.has(path) && !isBelowFile) assert.ok(deleted.has(path), `${path} is deleted: ${hint}`);
    }
    const all = [...sizes.values()];
    const total = (of: (list: readonly number[]) => number) => all.reduce((sum, list) => sum + of(list), 0);
    const sum = (list: readonly number[]) => list.reduce((one, other) => one + other, 0);
    const waste = files.waste();
    const bytes = total(sum);
    assert.equal(waste.efficiency, bytes === 0 ? 1 : total((list) => Math.min(...list)) / bytes, hint);
    assert.equal(
      waste.wastedBytes,
      total((list) => (list.length > 1 ? sum(list) : 0)),
      hint,
    );
    const shown = [...seen.values()].reduce<number>((one, what) => (what === 'directory' ? one : one + what), 0);
    assert.equal(waste.hiddenBytes, bytes - shown, hint);
  }
});

test('an index that is cut or changed anywhere is none', () => {
  const bytes =
    makeIndexBytes([
      { path: 'a/b', content: 'b' },
      { path: 'c', content: 'c' },
    ]) ?? Buffer.alloc(0);
  assert.ok(parseLayerIndex(bytes) !== undefined);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    // The last word of the head says nothing.
    if (at < 12 || at >= 16) assert.equal(parseLayerIndex(damaged), undefined, `byte ${at}`);
    assert.equal(parseLayerIndex(bytes.subarray(0, at)), undefined, `${at} bytes`);
  }
});

test('more entries than fit in memory come out in the same order, and leave no file', (t) => {
  const root = makeTemporaryFolder(t);
  const random = createRandom(7);
  const paths = Array.from({ length: 3000 }, () => Array.from({ length: 1 + random(4) }, () => random(9)).join('/'));
  const settle = (memoryMax: number) => {
    const sorter = createRecordSorter(join(root, 'index'), memoryMax);
    for (const [i, path] of paths.entries()) sorter.add({ ...ENTRY, path, mtimeSeconds: i });
    const out: string[] = [];
    try {
      settleRecords(sorter.sorted(), ({ path, record }) => out.push(`${path} ${record?.order}`));
    } finally {
      sorter.close();
    }
    return out;
  };
  const whole = settle(Number.POSITIVE_INFINITY);
  assert.deepEqual(settle(20_000), whole);
  assert.ok(whole.length > 500);
  assert.deepEqual(readdirSync(root), []);
  assert.throws(() => {
    settleRecords(
      [
        { path: 'l', order: 0, kind: 2, buffer: Buffer.alloc(0), at: 0 },
        { path: 'l/x', order: 1, kind: 1, buffer: Buffer.alloc(0), at: 0 },
      ],
      () => undefined,
    );
  }, UnsettledError);
});

const ENTRY: FileEntry = {
  kind: 'directory',
  path: '',
  target: '',
  mode: 0o755,
  uid: 0,
  gid: 0,
  major: 0,
  minor: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  sizeBytes: 0,
};
