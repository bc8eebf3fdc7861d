import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isLocked } from '../../src/platform/file-lock.js';
import { readOwnIdentity } from '../../src/platform/proc.js';
import { requires } from '../support/requires.js';

function makeFile(t: TestContext, parent: string, text: string): string {
  const folder = mkdtempSync(join(parent, 'gantry-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lock');
  writeFileSync(path, text);
  return path;
}

for (const parent of [tmpdir(), '/dev/shm']) {
  test(`sees who holds a lock below ${parent}, and when it is given up`, requires('command:flock'), async (t) => {
    const [path, other] = [makeFile(t, parent, ''), makeFile(t, parent, '')];
    const holder = spawn('flock', [path, '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => holder.kill());
    await once(holder.stdout, 'data');
    assert.deepEqual([isLocked(path), isLocked(other), isLocked(`${path}-none`)], [true, false, false]);
    holder.stdin.end('\n');
    await once(holder, 'exit');
    assert.equal(isLocked(path), false);
  });
}

const { pid, startTicks } = readOwnIdentity();

for (const [text, isHeld] of [
  [`${pid} ${startTicks}\n`, true],
  [`${pid} ${startTicks + 1}\n`, false],
  [`free\n${pid} ${startTicks}\n`, false],
  // Cut short, and held by nobody.
  [`${pid} ${startTicks}`, false],
  ['', false],
] as const) {
  test(`a lock whose file says ${JSON.stringify(text.replace(String(pid), 'PID').replace(/\d+/, 'TICKS'))} is ${isHeld ? 'held' : 'free'}`, (t) => {
    assert.equal(isLocked(makeFile(t, tmpdir(), text)), isHeld);
  });
}
