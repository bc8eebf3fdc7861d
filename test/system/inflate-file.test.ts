import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { inflateFile } from '../../src/engine/content/inflate-file.js';
import { erofsDriver } from '../../src/engine/layers/drivers/erofs-driver.js';
import { tarOf } from '../../src/engine/layers/drivers/image-files.js';
import { overlayDriver } from '../../src/engine/layers/drivers/overlay-driver.js';
import type { StorageDriver } from '../../src/engine/layers/drivers/storage-driver.js';
import { INDEX_FILE } from '../../src/engine/layers/file-index/layer-indexes.js';
import { type ApplyLayerOptions, openLayerStore } from '../../src/engine/layers/layer-store.js';
import type { DiffId, Digest } from '../../src/model/ids.js';
import { findCommand } from '../../src/platform/find-command.js';
import { failOnWarning } from '../support/fail-on-warning.js';
import { nativeProgram } from '../support/native-program.js';
import { makeSpawner } from '../support/process-spawner.js';
import { requires } from '../support/requires.js';
import { makeSmallDisk } from '../support/small-disk.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const igzip = requires('command:igzip');
const root = requires('root', 'overlay', 'erofs', 'command:igzip');
const RANDOM = randomFillSync(Buffer.alloc(5_000_000));

function prepare(t: TestContext, packed: Buffer) {
  const folder = makeTemporaryFolder(t);
  const files = { packed: join(folder, 'packed'), path: join(folder, 'plain') };
  writeFileSync(files.packed, packed);
  return { helper: nativeProgram, program: findCommand('igzip') ?? '', packedBytes: packed.length, ...files };
}

async function inflate(inflation: Parameters<typeof inflateFile>[0]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const bytes of inflateFile(inflation)) parts.push(Buffer.from(bytes));
  return Buffer.concat(parts);
}

test('a file of several members is inflated into another, which is read as it grows', igzip, async (t) => {
  const inflation = prepare(t, Buffer.concat([gzipSync(RANDOM), gzipSync(Buffer.alloc(0)), gzipSync('the last')]));
  const expected = Buffer.concat([RANDOM, Buffer.from('the last')]);
  assert.ok((await inflate(inflation)).equals(expected));
  assert.ok(readFileSync(inflation.path).equals(expected));
});

test('what is cut off, damaged or no gzip at all is told apart', igzip, async (t) => {
  const packed = gzipSync(RANDOM);
  const damaged = Buffer.from(packed);
  damaged.writeUInt32LE(1, packed.length - 8);
  const broken = { kind: 'invalid-argument', message: 'the archive is broken: gzip data is damaged or cut off' };
  await assert.rejects(inflate(prepare(t, packed.subarray(0, 4_000_000))), broken);
  await assert.rejects(inflate(prepare(t, packed.subarray(0, -4))), broken);
  await assert.rejects(inflate(prepare(t, damaged)), broken);
  await assert.rejects(inflate(prepare(t, Buffer.from('no gzip'))), { name: 'NotInflatedError' });
  const missing = { ...prepare(t, packed), program: '/no/such/program' };
  await assert.rejects(inflate(missing), { name: 'NotInflatedError' });
});

test('a bomb is ended at the length that it may have', igzip, async (t) => {
  const member = gzipSync(Buffer.alloc(1 << 24));
  const inflation = prepare(t, Buffer.concat(Array<Buffer>(90).fill(member)));
  await assert.rejects(inflate(inflation), { kind: 'invalid-argument', message: /expands to more than 200 times/ });
  assert.equal(statSync(inflation.path).size, 2 ** 30 + 200 * inflation.packedBytes);
});

test('a full disk is told as such, and who stops reading stops the program', root, async (t) => {
  const disk = makeSmallDisk(8);
  try {
    const inflation = { ...prepare(t, gzipSync(Buffer.alloc(64 << 20))), path: join(disk.folder, 'plain') };
    await assert.rejects(inflate(inflation), { kind: 'unavailable', message: /cannot write .*ENOSPC/ });
  } finally {
    await disk.remove();
  }
  const inflation = prepare(t, gzipSync(Buffer.alloc(512 << 20)));
  for await (const bytes of inflateFile(inflation)) if (bytes.length > 0) break;
  const sizeBytes = statSync(inflation.path).size;
  assert.ok(sizeBytes < 512 << 20, `${sizeBytes}`);
  appendFileSync(inflation.path, 'x');
  assert.equal(statSync(inflation.path).size, sizeBytes + 1);
});

/** Larger packed than what is left to zlib, with files of all sizes that a digest may meet. */
const TAR = makeTar([
  { path: 'etc', kind: 'directory', mode: 0o755 },
  ...Array.from({ length: 400 }, (_, i) => ({ path: `etc/file${i}`, content: `${i}\n`.repeat(i) })),
  { path: 'etc/attributed', content: 'mine', xattrs: new Map([['user.a', Buffer.from('b')]]) },
  { path: 'random', content: RANDOM },
  { path: 'again', content: RANDOM },
  // More than the thread begins with.
  { path: 'zeros', content: Buffer.alloc(40 << 20) },
  { path: 'zzz', content: 'the last' },
]);

interface Source {
  readonly bytes: Buffer;
  readonly options?: ApplyLayerOptions;
}

/** Applies it in a store of its own; resolves with the layer, its index, and its tar where the driver keeps that. */
async function apply(t: TestContext, driver: StorageDriver, { bytes, options }: Source) {
  const folder = makeTemporaryFolder(t);
  const [spawner, logger] = [makeSpawner(t), failOnWarning];
  const store = openLayerStore({ root: folder, program: nativeProgram, spawner, logger, driver });
  const layer = await store.apply(streamOf(bytes, 1 << 20), options);
  await store.close();
  const place = join(store.places[0]?.root ?? '', 'layers', layer.chainId.slice('sha256:'.length));
  const tar = existsSync(tarOf(place)) ? readFileSync(tarOf(place)) : undefined;
  return { layer, index: readFileSync(join(place, INDEX_FILE)), tar };
}

test('a layer is the same from a stream or a file, plain or compressed, with igzip or without', root, async (t) => {
  const folder = makeTemporaryFolder(t);
  const diffId = `sha256:${createHash('sha256').update(TAR).digest('hex')}` as DiffId;
  const inFile = (name: string, bytes: Buffer): Source => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return { bytes, options: { file: { path } } };
  };
  const plain = inFile('plain', TAR);
  const trusted = { file: { path: join(folder, 'plain'), digest: diffId as string as Digest }, expected: diffId };
  const sources: readonly Source[] = [
    { bytes: TAR },
    { bytes: gzipSync(TAR) },
    plain,
    { ...plain, options: trusted },
    inFile('gzip', gzipSync(TAR)),
    inFile('zstd', zstdCompressSync(TAR)),
  ];
  for (const driver of [erofsDriver, overlayDriver]) {
    const [first, ...others] = await Promise.all(sources.map((source) => apply(t, driver, source)));
    assert.equal(first?.layer.diffId, diffId);
    assert.equal(first?.tar?.equals(TAR), driver === erofsDriver ? true : undefined);
    for (const other of others) assert.deepEqual(other, first);
  }
});

test('igzip is what inflates a large file, and where it does not work zlib does', root, async (t) => {
  const packed = gzipSync(TAR);
  const path = join(makeTemporaryFolder(t), 'gzip');
  writeFileSync(path, packed);
  const source = { bytes: packed, options: { file: { path } } };
  const expected = await apply(t, erofsDriver, source);
  const tools = makeTemporaryFolder(t);
  const calls = join(tools, 'calls');
  const { PATH } = process.env;
  t.after(() => {
    process.env['PATH'] = PATH;
  });
  process.env['PATH'] = `${tools}:${PATH}`;
  for (const [script, count] of [
    [`exec ${findCommand('igzip')} "$@"`, 1],
    ['exit 1', 2],
  ] as const) {
    writeFileSync(join(tools, 'igzip'), `#!/bin/sh\necho "$@" >> ${calls}\n${script}\n`);
    chmodSync(join(tools, 'igzip'), 0o755);
    assert.deepEqual(await apply(t, erofsDriver, source), expected);
    assert.equal(readFileSync(calls, 'utf8'), '-d -c\n'.repeat(count));
  }
});
