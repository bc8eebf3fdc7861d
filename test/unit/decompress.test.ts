import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decompress } from '../../src/engine/content/decompress.js';

const SIZE = 96 << 20;
const PLAIN = Buffer.alloc(SIZE, 'layers are mostly text ');

for (const [name, packed] of [
  ['gzip', gzipSync(PLAIN, { level: 1 })],
  ['zstd', zstdCompressSync(PLAIN)],
] as const) {
  test(`plain bytes of ${name} are freed when the next are asked for`, async () => {
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let length = 0;
    for await (const bytes of decompress(cut(packed))) {
      length += bytes.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    assert.equal(length, SIZE);
    assert.ok(most < 6 << 20, `${most} bytes were held`);
  });

  test(`the memory of a source of ${name} is reused as soon as more is asked of it`, async () => {
    const part = Buffer.alloc(1 << 16);
    async function* reuse() {
      await Promise.resolve();
      for (let at = 0; at < packed.length; at += part.length) {
        const length = packed.copy(part, 0, at);
        yield part.subarray(0, length);
        part.fill(0xff);
      }
    }
    let at = 0;
    for await (const bytes of decompress(reuse())) {
      assert.ok(bytes.equals(PLAIN.subarray(at, at + bytes.length)));
      at += bytes.length;
    }
    assert.equal(at, SIZE);
  });
}

async function* cut(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += 1 << 16) yield bytes.subarray(at, at + (1 << 16));
}
