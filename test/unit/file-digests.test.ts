import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFileDigests, type FileDigest } from '../../src/platform/file-digest/file-digests.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const MEGABYTE = 1 << 20;
/** More than the steps in which a thread is told of a file. */
const BYTES = randomFillSync(Buffer.alloc(20 * MEGABYTE + 12_345));
/** Within a read, across two of them, across a step, one behind the other, and to the end. */
const PARTS: readonly (readonly [at: number, length: number])[] = [
  [0, 1],
  [512, 4096],
  [MEGABYTE - 100, 200],
  [MEGABYTE + 100, 3 * MEGABYTE],
  [8 * MEGABYTE - 1, 2],
  [12 * MEGABYTE, 1000],
  [12 * MEGABYTE + 1000, 24],
  [20 * MEGABYTE, 12_345],
];

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes);

function expectedParts(): string {
  const one = ([at, length]: readonly [number, number]) =>
    hashOf(BYTES.subarray(at, at + length))
      .digest('hex')
      .slice(0, 32);
  return PARTS.map(one).join('');
}

/** Writes the file megabyte by megabyte, and tells of its parts as a reader of it learns of them. */
function write(path: string, digest: FileDigest, bytes = BYTES): void {
  const parts = [...PARTS];
  writeFileSync(path, '');
  for (let at = 0; at < bytes.length; at += MEGABYTE) {
    appendFileSync(path, bytes.subarray(at, at + MEGABYTE));
    const end = Math.min(bytes.length, at + MEGABYTE);
    while (parts[0] !== undefined && parts[0][0] < end) digest.add(...(parts.shift() ?? [0, 0]));
    digest.advance(end);
  }
}

function start(t: TestContext, threadFromBytes: number, options?: { readonly takesWhole?: boolean }) {
  const path = join(makeTemporaryFolder(t), 'file');
  const digests = createFileDigests({ threadFromBytes });
  const digest = digests.start(path, options);
  t.after(() => digest.close());
  return { path, digests, digest };
}

for (const [where, threadFromBytes] of [
  ['beside', 8 * MEGABYTE],
  ['here', Number.POSITIVE_INFINITY],
] as const) {
  test(`a file and its parts are digested ${where} as it grows`, async (t) => {
    const { path, digest } = start(t, threadFromBytes);
    write(path, digest);
    const { hex, parts } = await digest.finish();
    assert.equal(hex, hashOf(BYTES).digest('hex'));
    assert.equal(parts.toString('hex'), expectedParts());
  });

  test(`of a file the parts alone are digested ${where}`, async (t) => {
    const { path, digest } = start(t, threadFromBytes, { takesWhole: false });
    write(path, digest);
    const { hex, parts } = await digest.finish();
    assert.equal(hex, '');
    assert.equal(parts.toString('hex'), expectedParts());
  });

  test(`a file that is shorter than was said, or is not there, is told ${where}`, async (t) => {
    const { path, digests, digest } = start(t, threadFromBytes);
    write(path, digest);
    truncateSync(path, 3);
    // What was read before it was cut is known already.
    digest.advance(BYTES.length + 16 * MEGABYTE);
    await assert.rejects(digest.finish(), /ends at/);
    const missing = digests.start(`${path}.missing`);
    t.after(() => missing.close());
    missing.advance(16 * MEGABYTE);
    await assert.rejects(missing.finish(), /ENOENT/);
  });
}

test('a file that is closed twice ends the thread of no other', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { path, digests, digest } = start(t, 8 * MEGABYTE);
  write(path, digest);
  await digest.finish();
  digest.close();
  digest.close();
  const next = digests.start(path);
  next.advance(BYTES.length);
  t.mock.timers.tick(60_000);
  assert.equal((await next.finish()).hex, hashOf(BYTES).digest('hex'));
  next.close();
  // Now there is nothing left to do for it.
  t.mock.timers.tick(60_000);
});

test('one thread digests several files, some of which are given up', async (t) => {
  const { path, digests, digest } = start(t, 8 * MEGABYTE);
  write(path, digest);
  const others = [1, 2, 3].map((number) => ({ path: `${path}.${number}`, digest: digests.start(`${path}.${number}`) }));
  for (const other of others) write(other.path, other.digest);
  const [first, second, third] = others;
  first?.digest.close();
  const given = second?.digest.finish();
  const isGivenUp = assert.rejects(given ?? Promise.resolve(), /given up/);
  second?.digest.close();
  await isGivenUp;
  const expected = hashOf(BYTES).digest('hex');
  assert.equal((await digest.finish()).hex, expected);
  digest.close();
  assert.equal((await third?.digest.finish())?.hex, expected);
  third?.digest.close();
  // It has nothing more to do, and there is a thread for what comes next.
  const next = digests.start(path);
  next.advance(BYTES.length);
  assert.equal((await next.finish()).hex, expected);
  next.close();
});
