import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { openContentStore } from '../../src/engine/content/content-store.js';
import type { Digest } from '../../src/model/ids.js';
import { streamOf } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const BYTES = Buffer.from('some content');
const DIGEST = `sha256:${createHash('sha256').update(BYTES).digest('hex')}` as Digest;

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of stream) parts.push(bytes);
  return Buffer.concat(parts);
}

test('content is kept under the digest of its bytes, and can be read, listed and removed', async (t) => {
  const store = openContentStore(makeTemporaryFolder(t));
  const blob = await store.ingest(streamOf(BYTES, 5), { digest: DIGEST, sizeBytes: BYTES.length });
  assert.deepEqual(blob, { digest: DIGEST, sizeBytes: BYTES.length });
  assert.deepEqual(await store.ingest(streamOf(BYTES)), blob);
  assert.deepEqual(store.list(), [blob]);
  assert.deepEqual(await readAll(store.read(DIGEST)), BYTES);
  store.remove(DIGEST);
  assert.equal(store.stat(DIGEST), undefined);
  await assert.rejects(readAll(store.read(DIGEST)), { kind: 'not-found' });
});

test('what is removed is not found any more before it is deleted, and can come again meanwhile', async (t) => {
  const left: string[] = [];
  const root = makeTemporaryFolder(t);
  const store = openContentStore(root, { deleteFile: (path) => left.push(path) });
  const blob = await store.ingest(streamOf(BYTES));
  store.remove(DIGEST);
  store.remove(DIGEST);
  assert.equal(store.stat(DIGEST), undefined);
  assert.deepEqual(store.list(), []);
  assert.deepEqual(
    left.map((path) => readFileSync(path)),
    [BYTES],
  );
  assert.deepEqual(await store.ingest(streamOf(BYTES)), blob);
  assert.deepEqual(store.list(), [blob]);
  // Whoever dies before it has deleted it leaves it to the next engine.
  assert.deepEqual(
    readdirSync(join(root, 'ingest')),
    left.map((path) => basename(path)),
  );
});

test('a blob is the same whoever digests it', async (t) => {
  const store = openContentStore(makeTemporaryFolder(t));
  const bytes = Buffer.alloc(40 << 20, 'some content');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  for (const isDigestedHere of [false, true]) {
    const writer = store.stage({ isDigestedHere });
    for (let at = 0; at < bytes.length; at += 1 << 20) writer.write(bytes.subarray(at, at + (1 << 20)));
    const blob = await writer.finish();
    assert.equal(blob.digest, digest);
    assert.equal(blob.sizeBytes, bytes.length);
    blob.discard();
  }
  const small = store.put(BYTES);
  assert.equal(small.digest, DIGEST);
  small.discard();
  assert.deepEqual(store.list(), []);
});

test('content that is not what was expected, or whose stream fails, is not kept', async (t) => {
  const root = makeTemporaryFolder(t);
  const store = openContentStore(root);
  const other = `sha256:${'0'.repeat(64)}` as Digest;
  await assert.rejects(store.ingest(streamOf(BYTES), { digest: other }), {
    kind: 'invalid-argument',
    message: /wrong digest/,
  });
  await assert.rejects(store.ingest(streamOf(BYTES), { sizeBytes: 1 }), {
    kind: 'invalid-argument',
    message: /wrong size/,
  });
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield BYTES;
    await Promise.reject(new Error('the wire broke'));
  }
  await assert.rejects(store.ingest(failing()), /the wire broke/);
  assert.deepEqual(store.list(), []);
  assert.deepEqual(readdirSync(join(root, 'ingest')), []);
});

test('a digest that would name another file is refused', (t) => {
  const store = openContentStore(makeTemporaryFolder(t));
  for (const digest of ['sha256:../../x', 'x', `md5:${'0'.repeat(64)}`]) {
    assert.throws(() => store.stat(digest as Digest), { kind: 'invalid-argument' });
  }
});

test('a sweep takes what dead processes left and nothing of living ones', async (t) => {
  const root = makeTemporaryFolder(t);
  const store = openContentStore(root);
  writeFileSync(join(root, 'ingest', '1-1-5'), 'half');
  mkdirSync(join(root, 'ingest', 'stranger'));
  assert.equal(store.abandoned().length, 2);
  let isSwept = false;
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield BYTES;
    store.sweep(new Set());
    isSwept = true;
    await Promise.resolve();
    yield BYTES;
  }
  await store.ingest(slow());
  assert.ok(isSwept);
  assert.equal(store.list().length, 1);
  assert.deepEqual(readdirSync(join(root, 'ingest')), []);
});
