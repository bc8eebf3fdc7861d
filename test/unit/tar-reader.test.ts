import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { fromByteString, toByteString } from '../../src/platform/tar/file-entry.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { requires } from '../support/requires.js';
import { makeTar, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

interface ReadEntry extends FileEntry {
  readonly bytes: Buffer;
}

function readTar(tar: Buffer, partSize = tar.length): readonly ReadEntry[] {
  const entries: { readonly entry: FileEntry; readonly parts: Buffer[] }[] = [];
  const reader = new TarReader({
    entry: (entry) => entries.push({ entry, parts: [] }),
    content: (bytes) => void entries.at(-1)?.parts.push(Buffer.from(bytes)),
  });
  for (let at = 0; at < tar.length; at += partSize) reader.push(tar.subarray(at, at + partSize));
  reader.finish();
  return entries.map(({ entry, parts }) => ({ ...entry, bytes: Buffer.concat(parts) }));
}

function changeHeader(tar: Buffer, change: (block: Buffer) => void): Buffer {
  const copy = Buffer.from(tar);
  const block = copy.subarray(0, 512);
  change(block);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

const VARIED: readonly TestEntry[] = [
  { kind: 'directory', path: 'etc', mode: 0o2755, gid: 42 },
  { path: 'etc/passwd', content: 'root:x:0:0\n', mtimeNanoseconds: 123_456_789 },
  { path: `${'d'.repeat(120)}/${'n'.repeat(200)}`, content: Buffer.alloc(1025, 7) },
  { path: toByteString('été/日本'), content: 'x', uid: 3_000_000, gid: 4_000_000_000 },
  { path: 'not-utf8-\xff\xfe', content: 'raw' },
  { kind: 'symlink', path: 'link', target: `../${'t'.repeat(300)}`, mode: 0o777 },
  { kind: 'hardlink', path: 'second', target: 'etc/passwd' },
  { kind: 'character', path: 'dev/null', major: 1, minor: 3, mode: 0o666 },
  { kind: 'block', path: 'dev/sda', major: 8, minor: 0 },
  { kind: 'fifo', path: 'run/pipe' },
  { path: 'cap', mode: 0o4755, xattrs: new Map([['security.capability', Buffer.from('\x01\0=\n\0', 'latin1')]]) },
  { path: 'old', mtimeSeconds: -5, mtimeNanoseconds: 500_000_000 },
];

test('the reader gives back what the writer wrote, however the stream is cut', () => {
  const tar = makeTar(VARIED);
  const whole = readTar(tar);
  assert.deepEqual(
    whole.map(({ bytes, kind, path, target, uid, gid, mode }) => [
      kind,
      path,
      target,
      uid,
      gid,
      mode,
      bytes.toString('latin1'),
    ]),
    VARIED.map(({ kind = 'file', path, target = '', uid = 0, gid = 0, mode = 0o644, content = '' }) => [
      kind,
      path,
      target,
      uid,
      gid,
      mode,
      Buffer.from(content).toString('latin1'),
    ]),
  );
  for (const partSize of [1, 511, 512, 513]) assert.deepEqual(readTar(tar, partSize), whole);
  assert.equal(whole[1]?.mtimeNanoseconds, 123_456_789);
  assert.deepEqual([whole[11]?.mtimeSeconds, whole[11]?.mtimeNanoseconds], [-5, 500_000_000]);
  assert.deepEqual(whole[10]?.xattrs?.get('security.capability'), Buffer.from('\x01\0=\n\0', 'latin1'));
  assert.equal(fromByteString(whole[3]?.path ?? ''), 'été/日本');
});

test('paths are cleaned: leading slashes, dots and empty parts go', () => {
  const tar = makeTar([
    { path: '/abs//./x', content: 'a' },
    { kind: 'directory', path: './' },
    { kind: 'hardlink', path: './b', target: '/abs/x' },
  ]);
  assert.deepEqual(
    readTar(tar).map(({ kind, path, target }) => [kind, path, target]),
    [
      ['file', 'abs/x', ''],
      ['directory', '', ''],
      ['hardlink', 'b', 'abs/x'],
    ],
  );
});

const REFUSED: readonly (readonly [string, readonly TestEntry[], RegExp])[] = [
  ['a path that leads out', [{ path: '../x', content: 'x' }], /leads out of the root/],
  ['a path that leads out in its middle', [{ path: 'a/../../x' }], /leads out of the root/],
  [
    'a hard link that leads out',
    [{ kind: 'hardlink', path: 'x', target: '../../etc/shadow' }],
    /leads out of the root/,
  ],
  ['a hard link to itself', [{ kind: 'hardlink', path: 'x', target: './x' }], /to itself/],
  ['a name with a NUL', [{ path: `a\0${'b'.repeat(120)}` }], /NUL/],
  ['a name no file system takes', [{ path: 'n'.repeat(256) }], /longer than 255/],
  ['a path no file system takes', [{ path: 'd/'.repeat(2100) }], /longer than 4095/],
  ['a symbolic link to nowhere', [{ kind: 'symlink', path: 'l' }], /to nowhere/],
];

for (const [title, entries, message] of REFUSED) {
  test(`the reader refuses ${title}`, () => {
    assert.throws(() => readTar(makeTar(entries)), { kind: 'invalid-argument', message });
  });
}

test('the reader refuses broken headers, absurd sizes and what is cut off', () => {
  const tar = makeTar([{ path: 'file', content: 'content' }]);
  const invalid = { kind: 'invalid-argument' };
  const broken = Buffer.from(tar);
  broken[0] = 0x41;
  assert.throws(() => readTar(broken), { ...invalid, message: /checksum/ });
  assert.throws(() => readTar(tar.subarray(0, 515)), { ...invalid, message: /cut off/ });
  assert.throws(() => readTar(tar.subarray(0, 1024)), { ...invalid, message: /cut off/ });
  assert.throws(() => readTar(Buffer.alloc(0)), { ...invalid, message: /cut off/ });
  const huge = changeHeader(tar, (block) => block.fill(0x7f, 125, 136).writeUInt8(0x80, 124));
  assert.throws(() => readTar(huge), { ...invalid, message: /number|absurd/ });
  const negative = changeHeader(tar, (block) => block.fill(0xff, 124, 136));
  assert.throws(() => readTar(negative), { ...invalid, message: /absurd size/ });
  const unknown = changeHeader(tar, (block) => block.write('M', 156));
  assert.throws(() => readTar(unknown), { ...invalid, message: /unknown type "M"/ });
  const header = changeHeader(tar, (block) => block.write('x', 156).toString() && block.write('77777777', 127));
  assert.throws(() => readTar(header), { ...invalid, message: /1 MiB/ });
  const pax = changeHeader(makeTar([{ path: '999 path=x\n', content: '999 path=x\n' }]), (block) =>
    block.write('x', 156),
  );
  assert.throws(() => readTar(pax), { ...invalid, message: /malformed extended header/ });
});

test('the reader stops at its bound of entries', () => {
  const tar = makeTar(Array.from({ length: 20 }, (_, i) => ({ path: `f${i}` })));
  const reader = new TarReader({ entry: () => undefined, content: () => undefined }, { entries: 10 });
  assert.throws(() => reader.push(tar), { kind: 'invalid-argument', message: /more than 10 entries/ });
});

test('a global header changes no entry, and a lone block of zeros ends an archive', () => {
  const global = changeHeader(makeTar([{ path: 'g', content: '14 path=other\n' }]), (block) => block.write('g', 156));
  const file = makeTar([{ path: 'name', content: 'x' }]);
  assert.deepEqual(
    readTar(Buffer.concat([global.subarray(0, 1024), file])).map(({ path }) => path),
    ['name'],
  );
  assert.equal(readTar(file.subarray(0, 1536)).length, 1);
});

const GNU_FORMATS = [
  ['gnu', []],
  ['gnu', ['--sparse']],
  ['v7', []],
  ['ustar', []],
  ['posix', []],
  ['posix', ['--sparse', '--sparse-version=0.0']],
  ['posix', ['--sparse', '--sparse-version=0.1']],
  ['posix', ['--sparse', '--sparse-version=1.0']],
] as const;

for (const [format, options] of GNU_FORMATS) {
  test(`the reader reads what GNU tar writes: ${format} ${options.join(' ')}`, requires('command:tar'), (t) => {
    const folder = makeTemporaryFolder(t);
    mkdirSync(join(folder, 'd'));
    writeFileSync(join(folder, 'd', 'plain'), 'plain content\n');
    linkSync(join(folder, 'd', 'plain'), join(folder, 'd', 'second'));
    symlinkSync('plain', join(folder, 'd', 'sym'));
    if (format !== 'v7' && format !== 'ustar') writeFileSync(join(folder, 'd', 'l'.repeat(200)), 'long');
    const sparse = openSync(join(folder, 'd', 'sparse'), 'w');
    for (let i = 0; i < 30; i++) writeSync(sparse, `part ${i}`, i * 131_072);
    closeSync(sparse);
    truncateSync(join(folder, 'd', 'sparse'), 10_000_000);
    const tar = execFileSync('tar', [`--format=${format}`, ...options, '-cf', '-', '-C', folder, 'd'], {
      maxBuffer: 1 << 28,
    });
    const entries = new Map(readTar(tar, 10_007).map((entry) => [entry.path, entry]));
    assert.equal(entries.get('d')?.kind, 'directory');
    assert.equal(entries.get('d/sym')?.target, 'plain');
    assert.deepEqual(['d/plain', 'd/second'].map((path) => entries.get(path)?.kind).sort(), ['file', 'hardlink']);
    if (format !== 'v7' && format !== 'ustar')
      assert.equal(entries.get(`d/${'l'.repeat(200)}`)?.bytes.toString(), 'long');
    const found = entries.get('d/sparse');
    assert.ok(found);
    assert.equal(found.sizeBytes, 10_000_000);
    const content = Buffer.alloc(10_000_000);
    let at = 0;
    for (const { offset, length } of found.segments ?? [{ offset: 0, length: found.bytes.length }]) {
      found.bytes.copy(content, offset, at, at + length);
      at += length;
    }
    const expected = Buffer.alloc(10_000_000);
    for (let i = 0; i < 30; i++) expected.write(`part ${i}`, i * 131_072);
    assert.ok(content.equals(expected));
  });
}
