import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';
import { makeTar, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:busybox');

const FILES: readonly TestEntry[] = [
  { kind: 'directory', path: 'dir', mode: 0o755 },
  { path: 'dir/a', content: 'of the container' },
  { path: 'file', content: 'a file' },
  { kind: 'symlink', path: 'ldir', target: 'dir' },
];

/** A container that was never started, with files in /tmp, and a folder of the host to copy from and to. */
async function prepare(t: TestContext, config: object = {}) {
  const opened = await makeEngineWorld(t).open();
  // Each command closes its engine.
  const engine = { ...opened, close: async () => undefined };
  const workingDir = makeTemporaryFolder(t);
  await engine.containers.create({ image: 'busybox', name: 'c1', command: ['true'], ...config });
  const run = (...words: readonly string[]) => runCommand(engine, ['cp', ...words], { workingDir });
  const add = (...entries: readonly TestEntry[]) =>
    runCommand(engine, ['cp', '-', 'c1:/tmp'], { stdin: makeTar(entries) });
  return { engine, workingDir, run, add, path: (name: string) => join(workingDir, name) };
}

test('a path of a container with a slash at its end is what a link there leads to', needs, async (t) => {
  const { run, add, path } = await prepare(t);
  assert.equal((await add(...FILES)).stderr, '');
  for (const [index, end] of ['/', '/.'].entries()) {
    assert.deepEqual(await run(`c1:/tmp/ldir${end}`, `new${index}`), { code: 0, stdout: '', stderr: '' });
    assert.equal(readFileSync(path(`new${index}/a`), 'utf8'), 'of the container');
  }
  mkdirSync(path('there'));
  await run('-L', 'c1:/tmp/ldir/.', 'there');
  assert.equal(readFileSync(path('there/a'), 'utf8'), 'of the container');
  assert.match((await run('c1:/tmp/file/', 'new')).stderr, /Could not find the file \/tmp\/file\/ in container c1/);
});

test('a path of the host with a slash at its end is what a link there leads to', needs, async (t) => {
  const { run, path } = await prepare(t);
  mkdirSync(path('dir'));
  writeFileSync(path('dir/a'), 'of the host');
  symlinkSync('dir', path('ldir'));
  for (const [index, end] of ['/', '/.'].entries()) {
    assert.deepEqual(await run(`ldir${end}`, `c1:/tmp/in${index}`), { code: 0, stdout: '', stderr: '' });
    await run(`c1:/tmp/in${index}/a`, `back${index}`);
    assert.equal(readFileSync(path(`back${index}`), 'utf8'), 'of the host');
    assert.equal((await run(`dir/a${end}`, 'c1:/tmp')).stderr, 'not a directory\n');
  }
});

test('a copy to a link of the host goes where the link leads', needs, async (t) => {
  const { run, add, path } = await prepare(t);
  await add(...FILES);
  writeFileSync(path('real'), 'old');
  symlinkSync('real', path('link'));
  symlinkSync('link', path('second'));
  symlinkSync('nothing', path('dangling'));
  await run('c1:/tmp/file', 'second');
  await run('c1:/tmp/file', 'dangling');
  assert.equal(readlinkSync(path('second')), 'link');
  assert.equal(readFileSync(path('real'), 'utf8'), 'a file');
  assert.ok(lstatSync(path('real')).isFile());
  assert.equal(readFileSync(path('nothing'), 'utf8'), 'a file');
});

test('files keep their owner on the way in; -a gives them to the user whom the container names', needs, async (t) => {
  const owners = async (user?: string) => {
    const { engine, run, add } = await prepare(t, user === undefined ? {} : { user });
    await add({ path: 'plain', content: '', uid: 1001, gid: 1002 });
    await runCommand(engine, ['cp', '-a', '-', 'c1:/tmp'], {
      stdin: makeTar([{ path: 'kept', uid: 1001, gid: 1002 }]),
    });
    const listed = await Promise.all(
      ['plain', 'kept'].map(async (name) => {
        const { stdout } = await run(`c1:/tmp/${name}`, '-');
        // uid and gid of a tar's header. tar(5)
        return [stdout.slice(108, 115), stdout.slice(116, 123)].map((text) => Number.parseInt(text, 8));
      }),
    );
    return listed;
  };
  const given = [1001, 1002];
  assert.deepEqual(await owners(), [given, given]);
  assert.deepEqual(await owners('77:78'), [given, [77, 78]]);
});

test('a read-only volume says so, and an empty path is refused', needs, async (t) => {
  const folder = makeTemporaryFolder(t);
  const mounts = [{ type: 'bind', source: folder, target: '/tmp', readOnly: true }];
  const { run, path } = await prepare(t, { mounts, security: { readOnlyRootfs: true } });
  writeFileSync(path('file'), '');
  assert.equal((await run('file', 'c1:/tmp')).stderr, 'gantry: mounted volume is marked read-only\n');
  assert.equal((await run('file', 'c1:/')).stderr, 'gantry: container rootfs is marked read-only\n');
  assert.match((await run('file', 'c1:/nope/x')).stderr, /Could not find the file \/nope in container c1/);
  assert.equal((await run('', 'c1:/tmp')).stderr, 'source can not be empty\n');
  assert.equal((await run('c1:/tmp', '')).stderr, 'destination can not be empty\n');
});
