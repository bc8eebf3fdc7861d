import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { extractTar } from '../../src/cli/copy/extract-tar.js';
import { openTar } from '../../src/cli/copy/tar-source.js';
import { fromByteString } from '../../src/platform/tar/file-entry.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { FakeEngine } from '../support/fake-engine.js';
import { streamOf } from '../support/fake-images.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';
import { makeTar, type TestEntry } from '../support/tar-fixtures.js';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-cp-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A tree with a file of a mode, an empty one, a link, a directory and a name longer than a header has room for. */
function makeTree(folder: string): string {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'sub'), { recursive: true });
  writeFileSync(join(tree, 'file'), 'content\n');
  chmodSync(join(tree, 'file'), 0o750);
  writeFileSync(join(tree, 'sub', 'empty'), '');
  writeFileSync(join(tree, 'sub', `${'long'.repeat(40)}.txt`), 'x'.repeat(70_000));
  symlinkSync('file', join(tree, 'link'));
  return tree;
}

test('GNU tar reads what cp writes', requires('command:tar'), async (t) => {
  const folder = makeFolder(t);
  const tar = await collect(openTar({ path: makeTree(folder), name: 'top', followLink: false }));
  const out = join(folder, 'out');
  mkdirSync(out);
  execFileSync('tar', ['-x', '-C', out], { input: tar });
  execFileSync('diff', ['-r', '--no-dereference', join(folder, 'tree'), join(out, 'top')]);
  assert.equal(lstatSync(join(out, 'top', 'file')).mode & 0o777, 0o750);
});

for (const format of ['gnu', 'pax', 'ustar']) {
  test(`cp unpacks what GNU tar writes in the format ${format}`, requires('command:tar'), async (t) => {
    const folder = makeFolder(t);
    const tree = makeTree(folder);
    if (format === 'ustar') {
      rmSync(join(tree, 'sub', `${'long'.repeat(40)}.txt`));
    }
    const tar = execFileSync('tar', ['-c', `--format=${format}`, '-C', folder, 'tree'], { maxBuffer: 1 << 24 });
    const out = join(folder, 'out');
    mkdirSync(out);
    await extractTar(streamOf(tar), { root: out, rename: { from: 'tree', to: 'copy' }, keepOwners: false });
    execFileSync('diff', ['-r', '--no-dereference', tree, join(out, 'copy')]);
    assert.equal(lstatSync(join(out, 'copy', 'file')).mode & 0o777, 0o750);
    assert.equal(Math.floor(lstatSync(join(out, 'copy')).mtimeMs / 1000), Math.floor(lstatSync(tree).mtimeMs / 1000));
  });
}

/** Tars that try to write outside the folder they are unpacked in. */
const HOSTILE: Readonly<Record<string, readonly TestEntry[]>> = {
  'a name with ..': [{ path: 'top/../../evil' }],
  'a file behind a link that the tar made': [
    { kind: 'symlink', path: 'top/out', target: '/tmp' },
    { path: 'top/out/evil' },
  ],
  'a hard link to what lies outside': [{ kind: 'hardlink', path: 'top/x', target: '../../etc/passwd' }],
};

for (const [what, entries] of Object.entries(HOSTILE)) {
  test(`${what} is refused`, async (t) => {
    const folder = makeFolder(t);
    mkdirSync(join(folder, 'top'));
    const tar = makeTar(entries);
    const options = { root: folder, rename: { from: 'top', to: 'top' }, keepOwners: false };
    await assert.rejects(
      extractTar(streamOf(tar), options),
      /refused to write through|that is refused: it leads out of the root/,
    );
    assert.throws(() => lstatSync('/tmp/evil'), { code: 'ENOENT' });
  });
}

test('a sparse file keeps its holes and its size', requires('command:tar'), async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, 'sparse');
  writeFileSync(file, 'begin');
  truncateSync(file, 1 << 20);
  const tar = execFileSync('tar', ['-cS', '-C', folder, 'sparse']);
  assert.ok(tar.length < 1 << 16, 'tar left the hole out');
  await extractTar(streamOf(tar), { root: folder, rename: { from: 'sparse', to: 'copy' }, keepOwners: false });
  const copy = readFileSync(join(folder, 'copy'));
  assert.deepEqual([copy.length, copy.toString('latin1', 0, 6)], [1 << 20, 'begin\0']);
});

test('pipes and devices are made, with their mode and owner', requires('root', 'command:mknod'), async (t) => {
  const folder = makeFolder(t);
  const tar = makeTar([
    { kind: 'directory', path: 'x', mode: 0o755 },
    { kind: 'fifo', path: 'x/pipe', mode: 0o640, uid: 5 },
    { kind: 'character', path: 'x/null', mode: 0o666, major: 1, minor: 3 },
    { kind: 'block', path: 'x/disk', mode: 0o600, major: 7, minor: 300 },
  ]);
  await extractTar(streamOf(tar), { root: folder, rename: { from: 'x', to: 'x' }, keepOwners: true });
  const look = (name: string) =>
    execFileSync('stat', ['-c', '%F %a %u %t:%T', join(folder, 'x', name)], { encoding: 'utf8' });
  assert.equal(look('pipe'), 'fifo 640 5 0:0\n');
  assert.equal(look('null'), 'character special file 666 0 1:3\n');
  assert.equal(look('disk'), 'block special file 600 0 7:12c\n');
});

test('a link at the target is replaced, not written through', async (t) => {
  const folder = makeFolder(t);
  const victim = join(folder, 'victim');
  const root = join(folder, 'root');
  writeFileSync(victim, 'safe');
  mkdirSync(root);
  symlinkSync(victim, join(root, 'x'));
  const tar = makeTar([{ path: 'x', content: 'new' }]);
  await extractTar(streamOf(tar), { root, rename: { from: 'x', to: 'x' }, keepOwners: false });
  assert.equal(readFileSync(victim, 'utf8'), 'safe');
  assert.equal(readFileSync(join(root, 'x'), 'utf8'), 'new');
});

/** The names in the tar that cp sent to a directory of the container. */
function sentTo(engine: FakeEngine, path: string): readonly string[] {
  const names: string[] = [];
  const reader = new TarReader({
    entry: ({ path: name }) => names.push(fromByteString(name)),
    content: () => undefined,
  });
  reader.push(engine.containers.find('c').files.get(path) ?? Buffer.alloc(0));
  return names;
}

test('cp in follows the rules of docker for where a copy lands', async (t) => {
  const folder = makeFolder(t);
  makeTree(folder);
  const run = async (...words: readonly string[]) => {
    const engine = new FakeEngine();
    await engine.add({ name: 'c' });
    engine.containers.find('c').files.set('/etc/hosts', Buffer.alloc(0));
    const result = await runCommand(engine, ['cp', ...words], { workingDir: folder });
    return { engine, ...result };
  };
  assert.deepEqual(sentTo((await run('tree/file', 'c:/tmp/')).engine, '/tmp'), ['file']);
  assert.deepEqual(sentTo((await run('tree/file', 'c:/tmp/other')).engine, '/tmp'), ['other']);
  assert.deepEqual(sentTo((await run('tree/sub', 'c:/tmp')).engine, '/tmp').slice(0, 2), ['sub', 'sub/empty']);
  assert.deepEqual(sentTo((await run('tree/sub/.', 'c:/tmp')).engine, '/tmp')[0], 'empty');
  assert.deepEqual(sentTo((await run('tree/sub', 'c:/tmp/new')).engine, '/tmp')[0], 'new');
  assert.equal((await run('tree', 'c:/etc/hosts')).stderr, 'cannot copy directory\n');
  assert.equal((await run('tree/file', 'c:/tmp/nodir/')).stderr, 'no such directory\n');
  assert.equal((await run('tree/file', 'c:')).stderr, 'no such directory\n');
  assert.deepEqual(sentTo((await run('tree/sub', 'c:')).engine, '/')[0], 'empty');
  assert.equal((await run('nofile', 'c:/tmp')).stderr, `lstat ${join(folder, 'nofile')}: no such file or directory\n`);
  assert.equal((await run('tree/file', 'nocontainer:/tmp')).stderr, 'gantry: No such container: nocontainer\n');
});

test('cp out writes a file under its own or another name', async (t) => {
  const folder = makeFolder(t);
  makeTree(folder);
  const engine = new FakeEngine();
  await engine.add({ name: 'c' });
  const tar = await collect(openTar({ path: join(folder, 'tree', 'file'), name: 'hosts', followLink: false }));
  engine.containers.find('c').files.set('/etc/hosts', tar);
  const run = (...words: readonly string[]) => runCommand(engine, ['cp', ...words], { workingDir: folder });
  assert.deepEqual(await run('c:/etc/hosts', '.'), { code: 0, stdout: '', stderr: '' });
  assert.equal(readFileSync(join(folder, 'hosts'), 'utf8'), 'content\n');
  await run('c:/etc/hosts', 'renamed');
  assert.equal(readFileSync(join(folder, 'renamed'), 'utf8'), 'content\n');
  assert.equal(
    (await run('c:/etc/hosts', 'nodir/x')).stderr,
    `invalid output path: directory "${folder}/nodir" does not exist\n`,
  );
  assert.equal(
    (await run('c:/etc/nothere', '.')).stderr,
    'gantry: Could not find the file /etc/nothere in container c\n',
  );
  assert.equal((await run('c:/etc/hosts', '-')).stdout, tar.toString());
  assert.equal((await run('c:', '.')).stderr, 'bad parameter: path cannot be empty\n');
});

test('cp - unpacks a tar stream into a directory only', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'c' });
  await runCommand(engine, ['cp', '-', 'c:/tmp'], { stdin: 'a tar' });
  assert.equal(engine.containers.find('c').files.get('/tmp')?.toString(), 'a tar');
  const refused = await runCommand(engine, ['cp', '-', 'c:/nothere'], { stdin: 'a tar' });
  assert.equal(refused.stderr, 'destination "c:/nothere" must be a directory\n');
});

test('a link in the copied tree stays a link', async (t) => {
  const folder = makeFolder(t);
  const tree = makeTree(folder);
  const tar = await collect(openTar({ path: tree, name: 'tree', followLink: false }));
  const out = join(folder, 'out');
  mkdirSync(out);
  await extractTar(streamOf(tar), { root: out, rename: { from: 'tree', to: '' }, keepOwners: false });
  assert.equal(readlinkSync(join(out, 'link')), 'file');
});
