import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, readlinkSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFileParts, readParts } from '../../src/platform/file-parts/read-parts.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const BYTES = randomFillSync(Buffer.alloc((5 << 20) + 77));

const isOpen = (path: string) =>
  readdirSync('/proc/self/fd').some((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === path;
    } catch {
      // The descriptor of the folder itself.
      return false;
    }
  });

for (const reuse of [false, true]) {
  test(`a file is read in parts to its end, each ${reuse ? 'until the next' : 'for good'}`, async (t) => {
    const path = join(makeTemporaryFolder(t), 'file');
    writeFileSync(path, BYTES);
    const parts: Buffer[] = [];
    for await (const part of readFileParts(path, { reuse })) parts.push(reuse ? Buffer.from(part) : part);
    assert.ok(Buffer.concat(parts).equals(BYTES));
    assert.ok(!isOpen(path));
  });
}

test('a file from where it stands, and who stops reading has it closed', async (t) => {
  const path = join(makeTemporaryFolder(t), 'file');
  writeFileSync(path, BYTES);
  const file = await open(path);
  await file.read(Buffer.alloc(10), 0, 10);
  for await (const part of readParts(file, { reuse: true })) {
    assert.ok(part.equals(BYTES.subarray(10, 10 + part.length)));
    break;
  }
  assert.ok(!isOpen(path));
});

test('of a pipe nothing is read that was not asked for', requires('command:mkfifo'), async (t) => {
  const path = join(makeTemporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const writer = openSync(path, constants.O_RDWR);
  writeSync(writer, 'first');
  const reader = readFileParts(path);
  assert.equal((await reader.next()).value?.toString(), 'first');
  // Nobody writes any more: whoever waited for that would not come back.
  await reader.return(undefined);
  closeSync(writer);
  assert.ok(!isOpen(path));
});
