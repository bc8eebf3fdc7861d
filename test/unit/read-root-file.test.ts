import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readRootFile } from '../../src/engine/containers/read-root-file.js';
import { requires } from '../support/requires.js';

function makeFolders(t: TestContext): readonly [upper: string, lower: string] {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-root-file-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [upper, lower] = [join(folder, 'upper'), join(folder, 'lower')];
  for (const root of [upper, lower]) mkdirSync(join(root, 'etc'), { recursive: true });
  return [upper, lower];
}

test('the upper file goes before the lower one', (t) => {
  const folders = makeFolders(t);
  writeFileSync(join(folders[1], 'etc/passwd'), 'lower');
  assert.equal(readRootFile(folders, '/etc/passwd'), 'lower');
  writeFileSync(join(folders[0], 'etc/passwd'), 'upper');
  assert.equal(readRootFile(folders, '/etc/passwd'), 'upper');
  assert.equal(readRootFile(folders, '/etc/group'), '');
});

test('a whiteout hides what is below it', requires('root'), (t) => {
  const folders = makeFolders(t);
  writeFileSync(join(folders[1], 'etc/passwd'), 'lower');
  execFileSync('mknod', [join(folders[0], 'etc/passwd'), 'c', '0', '0']);
  assert.equal(readRootFile(folders, '/etc/passwd'), '');
});

test('links stay inside the root, wherever they point', (t) => {
  const folders = makeFolders(t);
  const [upper, lower] = folders;
  symlinkSync('/usr/share/passwd', join(upper, 'etc/passwd'));
  assert.equal(readRootFile(folders, '/etc/passwd'), '', 'the host has /etc, the root has no such file');
  mkdirSync(join(lower, 'usr/share'), { recursive: true });
  writeFileSync(join(lower, 'usr/share/passwd'), 'inside');
  assert.equal(readRootFile(folders, '/etc/passwd'), 'inside');
  symlinkSync('../../../../../../../../etc', join(upper, 'up'));
  writeFileSync(join(lower, 'etc/group'), 'own group');
  assert.equal(readRootFile(folders, '/up/group'), 'own group');
  symlinkSync('loop', join(upper, 'loop'));
  assert.equal(readRootFile(folders, '/loop'), '');
});

test('a file that is longer than it says is none, and no more than the most that is looked at is read of it', {
  skip: existsSync('/proc/kallsyms') ? false : 'needs /proc/kallsyms',
}, () => {
  assert.equal(statSync('/proc/kallsyms').size, 0);
  assert.ok(readFileSync('/proc/kallsyms').length > 1024 * 1024);
  assert.equal(readRootFile(['/proc'], '/kallsyms'), '');
});
