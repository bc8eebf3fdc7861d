import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHeldLocks } from '../../src/platform/file-lock.js';
import { requires } from '../support/requires.js';

for (const parent of [tmpdir(), '/dev/shm']) {
  test(`sees who holds a lock below ${parent}, and when it is given up`, requires('command:flock'), async (t) => {
    const folder = mkdtempSync(join(parent, 'gantry-lock-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const [path, other] = [join(folder, 'lock'), join(folder, 'other')];
    writeFileSync(path, '');
    writeFileSync(other, '');
    const holder = spawn('flock', [path, '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => holder.kill());
    await once(holder.stdout, 'data');
    const locks = readHeldLocks();
    assert.deepEqual(
      [locks.isHeld(path), locks.isHeld(other), locks.isHeld(join(folder, 'none'))],
      [true, false, false],
    );
    holder.stdin.end('\n');
    await once(holder, 'exit');
    assert.equal(readHeldLocks().isHeld(path), false);
  });
}
