import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { TarWriter, type TarWriterOptions, toStoredEntry } from '../../src/platform/tar/tar-writer.js';

type Written = Partial<FileEntry> & { readonly length?: number };

const PLAIN: FileEntry = {
  kind: 'file',
  path: '',
  target: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  major: 0,
  minor: 0,
  mtimeSeconds: 1_700_000_000,
  mtimeNanoseconds: 0,
  sizeBytes: 0,
};
const NOTE = Buffer.from('a=b\0\n');

/** Whatever a walk can tell; the lengths are those around a block, around a chunk of the writer, and around what it hands on whole. */
const ENTRIES: readonly Written[] = [
  { kind: 'directory', path: '' },
  { kind: 'directory', path: 'etc', mode: 0o2755, gid: 42, mtimeNanoseconds: 120 },
  ...[0, 1, 511, 512, 513, 32_767, 32_768, 100_000, 131_072, 300_000].map((length) => ({
    ...{ path: `etc/file-${length}`, length, mtimeNanoseconds: length * 1000 },
  })),
  { path: 'empty', mtimeSeconds: 0, mtimeNanoseconds: 1 },
  { path: 'old', length: 3, mtimeSeconds: -2, mtimeNanoseconds: 500_000_000 },
  { path: 'older', mtimeSeconds: -7 },
  { path: 'late', mtimeSeconds: 0o77777777777 + 5 },
  { path: 'names/of-one', length: 7, uid: 3_000_000, gid: 4_294_967_290, mode: 0o4755 },
  { kind: 'hardlink', path: 'names/of-two', target: 'names/of-one' },
  { kind: 'symlink', path: 'link', target: `../${'t'.repeat(300)}`, mode: 0o777 },
  { kind: 'character', path: 'dev/null', major: 1, minor: 3, mode: 0o666 },
  { kind: 'block', path: 'dev/disk', major: 259, minor: 1_048_575 },
  { kind: 'fifo', path: 'pipe' },
  { path: 'name\xff\xfe', length: 1 },
  { path: `${'d'.repeat(120)}/${'n'.repeat(200)}`, length: 1025 },
  { path: Array.from({ length: 16 }, () => 'p'.repeat(254)).join('/'), length: 1 },
  { path: 'noted', length: 2, xattrs: new Map([['user.note', NOTE]]) },
  { path: 'split', xattrs: new Map([['user.a=b', NOTE]]) },
  { kind: 'directory', path: 'large', xattrs: new Map([['user.large', Buffer.alloc(60_000, 9)]]) },
  { kind: 'whiteout', path: 'gone', mode: 0, mtimeSeconds: 0 },
  { kind: 'whiteout', path: 'etc/gone', mode: 0o644, uid: 5 },
  { kind: 'opaque', path: 'etc', mode: 0 },
  { path: '.wh.named', length: 1 },
];

function write(options: TarWriterOptions) {
  const parts: Buffer[] = [];
  const stored: FileEntry[] = [];
  const writer = new TarWriter((bytes) => parts.push(Buffer.from(bytes)), options);
  for (const { length = 0, ...entry } of ENTRIES) {
    const whole = { ...PLAIN, ...entry, sizeBytes: length };
    writer.entry(whole);
    stored.push(toStoredEntry(whole, writer.position));
    if (length > 0) writer.content(Buffer.alloc(length, length));
  }
  writer.finish();
  const tar = Buffer.concat(parts);
  assert.equal(writer.position, tar.length);
  return { tar, stored, headers: writer.headers };
}

function read(tar: Buffer): readonly FileEntry[] {
  const entries: FileEntry[] = [];
  const reader = new TarReader({ entry: (entry) => void entries.push(entry), content: () => undefined });
  reader.push(tar);
  reader.finish();
  return entries;
}

test('what is told of an entry that was written is what a reader tells of it, and where its content is', () => {
  const { tar, stored } = write({});
  const entries = read(tar);
  assert.deepEqual(entries, stored);
  for (const { contentAt = 0, sizeBytes } of entries)
    assert.deepEqual(tar.subarray(contentAt, contentAt + sizeBytes), Buffer.alloc(sizeBytes, sizeBytes));
});

test('one buffer that is used again holds the same bytes, which stay what they are', () => {
  const { tar, headers } = write({});
  assert.deepEqual(write({ reuse: true }).tar, tar);
  assert.ok(headers > ENTRIES.length);
  // A layer that is committed again must have the digest that it had: this one is of the writer's first form.
  assert.equal(createHash('sha256').update(tar).digest('hex'), DIGEST);
});

test('a name that becomes too long for a reader is refused as the reader would', () => {
  const entry: FileEntry = { ...PLAIN, kind: 'whiteout', path: 'n'.repeat(253) };
  assert.throws(() => toStoredEntry(entry, 0), { kind: 'invalid-argument', message: /longer than 255 bytes/ });
});

const DIGEST = '5d1b4631aa141bd12abddc4113d81667d666474f42140c0f3b327d7116dd387b';
