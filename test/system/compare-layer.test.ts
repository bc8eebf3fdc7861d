import assert from 'node:assert/strict';
import { appendFileSync, chownSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyLayer } from '../../src/engine/layers/apply-layer.js';
import { compareLayer } from '../../src/engine/layers/compare-layer.js';
import { createFolderSink } from '../../src/engine/layers/drivers/folder-sink.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay');
const directory = (path: string): TestEntry => ({ kind: 'directory', path, mode: 0o755 });
const link = (path: string, target: string): TestEntry => ({ kind: 'symlink', path, target });

/** Unpacks the entries as an upper layer, does something to the folder, and compares. */
async function compare(
  t: TestContext,
  entries: readonly TestEntry[],
  damage: (folder: string) => void = () => undefined,
) {
  const folder = join(makeTemporaryFolder(t), 'fs');
  mkdirSync(folder);
  const tar = makeTar(entries);
  const sink = createFolderSink(nativeProgram, folder);
  await applyLayer(streamOf(tar), { sink, hasBelow: true, index: `${folder}.index` });
  damage(folder);
  const root = { kind: 'directory', path: folder } as const;
  return await compareLayer(streamOf(tar), { program: nativeProgram, root, hasBelow: true });
}

/** What a tar may hold that says one thing twice, or by another name. */
const TARS: Readonly<Record<string, readonly TestEntry[]>> = {
  'files of every kind': [
    directory('d'),
    { path: 'd/file', content: 'text', uid: 7, gid: 70_000, mode: 0o4755 },
    { path: 'd/empty' },
    link('d/link', '../nowhere'),
    { kind: 'hardlink', path: 'd/hard', target: 'd/file' },
    { kind: 'character', path: 'd/null', major: 1, minor: 3, mode: 0o666 },
    { kind: 'block', path: 'd/disk', major: 8, minor: 1, mode: 0o660 },
    { kind: 'fifo', path: 'd/fifo', mode: 0o600 },
    { path: Buffer.from([0xff, 0x61]).toString('latin1'), content: 'a name that is not UTF-8' },
  ],
  'directories that nothing names': [{ path: 'a/b/c/file', content: 'x' }],
  'the root itself': [directory(''), { path: 'file' }],
  'a path twice': [
    { path: 'a', content: '1' },
    { path: 'a', content: '22' },
    { path: 'a', content: '3' },
  ],
  'a file in the place of a directory': [
    directory('a'),
    { path: 'a/below' },
    { path: 'a/deep/er' },
    { path: 'a', content: 'x' },
  ],
  'a directory in the place of a file': [{ path: 'a', content: 'x' }, directory('a'), { path: 'a/below' }],
  'a directory twice': [directory('a'), { path: 'a/x' }, { kind: 'directory', path: 'a', mode: 0o700, uid: 5 }],
  'a link in the place of a full directory': [
    directory('a'),
    { path: 'a/x' },
    directory('b'),
    link('a', 'b'),
    { path: 'a/y' },
  ],
  'files below a link': [
    directory('usr/lib'),
    link('lib', 'usr/lib'),
    { path: 'lib/x', content: 'x' },
    link('l', '/lib'),
    { path: 'l/y' },
  ],
  'a hard link whose target is replaced': [
    { path: 'a', content: 'old' },
    { kind: 'hardlink', path: 'b', target: 'a' },
    { path: 'a', content: 'new' },
  ],
  whiteouts: [{ path: 'd/.wh.gone' }, { path: 'd/.wh..wh..opq' }, { path: '.wh.also' }],
  'a whiteout of what the layer has': [
    { path: 'file', content: 'x' },
    { path: '.wh.file' },
    directory('d'),
    { path: '.wh.d' },
  ],
  'what the layer has after its whiteout': [
    { path: '.wh.file' },
    { path: 'file' },
    { path: '.wh.d' },
    directory('d'),
    { path: 'd/x' },
  ],
  'a file with holes': [
    { path: 'holes', sizeBytes: 300_000, segments: [{ offset: 200_000, length: 4 }], content: 'data' },
    { path: 'end', sizeBytes: 100_000, segments: [{ offset: 0, length: 3 }], content: 'abc' },
  ],
};

for (const [what, entries] of Object.entries(TARS)) {
  test(`${what}: a layer is the same as the tar that it was made of`, needs, async (t) => {
    assert.equal(await compare(t, entries), undefined);
  });
}

const PLAIN = [
  directory('d'),
  { path: 'd/file', content: 'text' },
  link('l', 'd'),
  { path: '.wh.gone' },
  { path: 'd/.wh..wh..opq' },
];
const DAMAGES: Readonly<Record<string, readonly [RegExp, (folder: string) => void]>> = {
  'other content': [/^\/d\/file differs/, (folder) => writeFileSync(join(folder, 'd/file'), 'texT')],
  'more content': [/^\/d\/file differs/, (folder) => appendFileSync(join(folder, 'd/file'), 'x')],
  'less content': [/^\/d\/file differs/, (folder) => truncateSync(join(folder, 'd/file'), 2)],
  'another owner': [/^\/d differs/, (folder) => chownSync(join(folder, 'd'), 1, 1)],
  'a link elsewhere': [
    /^\/l differs/,
    (folder) => {
      rmSync(join(folder, 'l'));
      symlinkSync('e', join(folder, 'l'));
    },
  ],
  'a missing whiteout': [/^\/gone is missing/, (folder) => rmSync(join(folder, 'gone'))],
  'a directory that is not opaque': [
    /^the opaque mark of \/d is missing/,
    (folder) => {
      rmSync(join(folder, 'd'), { recursive: true });
      mkdirSync(join(folder, 'd'));
      writeFileSync(join(folder, 'd/file'), 'text');
    },
  ],
  'a file too many': [/^\/d\/more does not belong/, (folder) => writeFileSync(join(folder, 'd/more'), '')],
  'a directory too many': [/^\/e does not belong/, (folder) => mkdirSync(join(folder, 'e'))],
};

for (const [what, [difference, damage]] of Object.entries(DAMAGES)) {
  test(`${what} is found in a layer`, needs, async (t) => {
    assert.match(String(await compare(t, PLAIN, damage)), difference);
  });
}
