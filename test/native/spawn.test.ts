import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProcessSpawner } from '../../src/platform/process-spawner.js';
import { RoleFailure, runRole } from '../../src/platform/role-process.js';
import { listChildren } from '../support/list-children.js';
import { nativeProgram } from '../support/native-program.js';
import { makeSpawner } from '../support/process-spawner.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

test('a role that is started by the helper does its work and its end is told', async (t) => {
  const spawner = makeSpawner(t);
  const folder = makeTemporaryFolder(t);
  const doomed = ['one', 'two', 'three'].map((name) => join(folder, name));
  for (const path of doomed) mkdirSync(join(path, 'deep'), { recursive: true });
  await Promise.all(doomed.map((path) => runRole(spawner, ['remove', path])));
  assert.deepEqual(readdirSync(folder), []);
});

test('what a role complains about comes back as its failure', async (t) => {
  const path = join(makeTemporaryFolder(t), 'file');
  writeFileSync(path, '');
  await assert.rejects(runRole(makeSpawner(t), ['remove', `${path}/below`]), (error: unknown) => {
    assert.ok(error instanceof RoleFailure);
    assert.equal(error.errno, 'ENOTDIR');
    return true;
  });
  const { ended } = await makeSpawner(t).spawn(['no such role'], [2]);
  assert.equal((await ended).code, 125);
});

test('the socket of the helper has no name in the file system', async (t) => {
  const folder = makeTemporaryFolder(t);
  const spawner = createProcessSpawner(nativeProgram, folder);
  t.after(() => spawner.close());
  await runRole(spawner, ['remove', join(folder, 'nothing')]);
  assert.deepEqual(readdirSync(folder), []);
});

test('a request just before the helper ends is served, and outlives it', async (t) => {
  const spawner = makeSpawner(t);
  const { streams } = await spawner.spawn(['monitor'], [3, 4]);
  const [plan, status] = streams;
  spawner.close();
  plan?.end('no plan');
  let text = '';
  for await (const part of status ?? []) text += String(part);
  assert.match(text, /"failed"/);
});

test('roles are started without the helper once that has been killed', async (t) => {
  const spawner = makeSpawner(t);
  const before = new Set(listChildren(process.pid));
  const path = join(makeTemporaryFolder(t), 'doomed');
  mkdirSync(path);
  await runRole(spawner, ['remove', `${path}/nothing`]);
  const [helper, ...others] = listChildren(process.pid).filter((pid) => !before.has(pid));
  assert.deepEqual(others, []);
  assert.ok(helper !== undefined);
  process.kill(helper, 'SIGKILL');
  // A request that meets the death of the helper fails; the next one does not.
  await waitUntil('a role without the helper', () =>
    runRole(spawner, ['remove', path]).then(
      () => true,
      () => false,
    ),
  );
  assert.ok(!existsSync(path));
});

test('several processes that remove the same tree do not stand in each other’s way', async (t) => {
  const path = join(makeTemporaryFolder(t), 'tree');
  for (let i = 0; i < 40; i++) {
    mkdirSync(join(path, `a${i}`, 'b'), { recursive: true });
    for (let j = 0; j < 40; j++) writeFileSync(join(path, `a${i}`, 'b', String(j)), '');
  }
  const spawner = makeSpawner(t);
  await Promise.all([1, 2, 3].map(() => runRole(spawner, ['remove', path])));
  assert.ok(!existsSync(path));
});
