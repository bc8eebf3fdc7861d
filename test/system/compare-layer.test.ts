import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyLayer } from '../../src/engine/layers/apply-layer.js';
import { compareLayer } from '../../src/engine/layers/compare-layer.js';
import { createFolderSink } from '../../src/engine/layers/drivers/folder-sink.js';
import { createFileDigests } from '../../src/platform/file-digest/file-digests.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:python3');
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
  await applyLayer({
    ...{ program: nativeProgram, digests: createFileDigests(), source: streamOf(tar) },
    ...{ sink, hasBelow: true, index: `${folder}.index` },
  });
  damage(folder);
  const root = { kind: 'directory', path: folder } as const;
  return await compareLayer(streamOf(tar), { program: nativeProgram, root, hasBelow: true });
}

/** What Node has no call for. */
function setXattr(path: string, name: string, value: string): void {
  execFileSync('python3', [
    '-c',
    'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], sys.argv[3].encode())',
    path,
    name,
    value,
  ]);
}

function removeXattr(path: string, name: string): void {
  execFileSync('python3', ['-c', 'import os, sys; os.removexattr(sys.argv[1], sys.argv[2])', path, name]);
}

const xattrs = (entries: Readonly<Record<string, string>>) =>
  new Map(Object.entries(entries).map(([name, value]) => [name, Buffer.from(value)]));

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
  'times to the nanosecond, before 1970 and after 2038': [
    { ...directory('d'), mtimeSeconds: 1_600_000_000, mtimeNanoseconds: 1 },
    { path: 'd/exact', mtimeNanoseconds: 123_456_789 },
    { path: 'd/old', mtimeSeconds: -1_000, mtimeNanoseconds: 999_999_999 },
    { path: 'd/late', mtimeSeconds: 5_000_000_000 },
    { ...link('d/link', 'x'), mtimeSeconds: 1, mtimeNanoseconds: 500_000_000 },
    { kind: 'fifo', path: 'd/fifo', mtimeSeconds: 2 },
  ],
  'extended attributes, also those that a layer cannot have': [
    { ...directory('d'), xattrs: xattrs({ 'user.a': 'b', 'trusted.overlay.opaque': 'y' }) },
    { path: 'd/file', xattrs: xattrs({ 'user.empty': '', 'trusted.t': '\0=', 'security.selinux': 'x' }) },
    { ...link('d/link', 'x'), xattrs: xattrs({ 'trusted.on-link': '1' }) },
    { kind: 'hardlink', path: 'd/hard', target: 'd/file', xattrs: xattrs({ 'user.of-no-file': '1' }) },
  ],
  'a directory twice, with other extended attributes': [
    { ...directory('d'), xattrs: xattrs({ 'user.first': '1' }) },
    { ...directory('d'), xattrs: xattrs({ 'user.last': '1' }), mtimeSeconds: 5 },
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
  { path: 'd/file', content: 'text', xattrs: xattrs({ 'user.kept': 'value' }) },
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
  'another time': [
    /^\/d\/file differs: time 1700000000\.500000000 user\.kept=0x\w+ in place of time 1700000000\.000000000/,
    (folder) => utimesSync(join(folder, 'd/file'), 1_700_000_000.5, 1_700_000_000.5),
  ],
  'another time of a directory': [/^\/d differs: time 5\./, (folder) => utimesSync(join(folder, 'd'), 5, 5)],
  'another time of a link': [/^\/l differs: time 5\./, (folder) => lutimesSync(join(folder, 'l'), 5, 5)],
  'an extended attribute too many': [
    /^\/d differs: .* trusted\.more=0x78 in place of/,
    (folder) => setXattr(join(folder, 'd'), 'trusted.more', 'x'),
  ],
  'an extended attribute that is missing': [
    /^\/d\/file differs: time \S+ in place of time \S+ user\.kept=/,
    (folder) => removeXattr(join(folder, 'd/file'), 'user.kept'),
  ],
  'another value of an extended attribute': [
    /^\/d\/file differs: .*user\.kept=0x6f74686572 in place of/,
    (folder) => setXattr(join(folder, 'd/file'), 'user.kept', 'other'),
  ],
  'a directory too many': [/^\/e does not belong/, (folder) => mkdirSync(join(folder, 'e'))],
};

for (const [what, [difference, damage]] of Object.entries(DAMAGES)) {
  test(`${what} is found in a layer`, needs, async (t) => {
    assert.match(String(await compare(t, PLAIN, damage)), difference);
  });
}
