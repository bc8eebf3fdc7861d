import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeWhole } from '../../src/platform/file-parts/write-whole.js';

function inFile(t: { after(end: () => void): void }, write: (file: number) => void): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-write-whole-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  const file = openSync(path, 'wx');
  try {
    write(file);
  } finally {
    closeSync(file);
  }
  return readFileSync(path);
}

test('bytes of any length are written whole, behind what is there', (t) => {
  const parts = [0, 1, 65_535, 65_536, 65_537, 1_000_000].map((length, i) => Buffer.alloc(length, `part ${i}`));
  const written = inFile(t, (file) => {
    writeSync(file, 'first');
    for (const part of parts) writeWhole(file, part);
  });
  assert.ok(written.equals(Buffer.concat([Buffer.from('first'), ...parts])));
});

test('of a part of a buffer only that part is written', (t) => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const written = inFile(t, (file) => writeWhole(file, bytes.subarray(100, 200_100)));
  assert.ok(written.equals(bytes.subarray(100, 200_100)));
});

test('what the disk has no room for is thrown', () => {
  const file = openSync('/dev/full', 'w');
  try {
    assert.throws(() => writeWhole(file, Buffer.alloc(100_000)), { code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
});
