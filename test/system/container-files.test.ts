import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readContainerArchive, statContainerPath, writeContainerArchive } from '../../src/engine/containers/archive.js';
import { listContainerChanges } from '../../src/engine/containers/changes.js';
import { commitContainer } from '../../src/engine/containers/commit.js';
import type { ContainerRecord } from '../../src/engine/containers/container-record.js';
import { exportContainer } from '../../src/engine/containers/export.js';
import type { ContainerNotice } from '../../src/engine/containers/tell-notice.js';
import { toChainIds } from '../../src/engine/layers/chain-id.js';
import { startUnpacking } from '../../src/engine/layers/unpack-role.js';
import type { ContainerId } from '../../src/model/ids.js';
import { readProcessStat } from '../../src/platform/proc.js';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { collect, makeDockerArchive, openImages, readAll } from '../support/image-fixtures.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay');
const ID = 'c'.repeat(64) as ContainerId;

const IMAGE = makeTar([
  { kind: 'directory', path: 'etc', mode: 0o755 },
  { path: 'etc/conf', content: 'old' },
  { path: 'etc/gone', content: 'x' },
  { kind: 'directory', path: 'data', mode: 0o755 },
  { kind: 'directory', path: 'vol', mode: 0o755 },
  { kind: 'symlink', path: 'link', target: 'etc/conf' },
  { kind: 'symlink', path: 'outside', target: '../../../../../../tmp' },
]);

/** A container that was created from an image of one layer and never started. */
async function makeContainer(t: TestContext, change: Partial<ContainerRecord> = {}) {
  const opened = openImages(t);
  await collect(opened.service.load(streamOf(makeDockerArchive([IMAGE], ['demo:1']))));
  const image = await opened.service.inspect('demo:1');
  const writable = (await opened.layers.writable.prepare(toChainIds(image.layers).at(-1))).commit(ID);
  const record = {
    id: ID,
    name: 'subject',
    config: { image: 'demo:1', labels: { l: 'v' } },
    imageId: image.id,
    process: { path: 'sh', args: ['-c', 'x'], env: { A: '1' }, workingDir: '/data', user: '', stopSignal: 'SIGTERM' },
    state: { status: 'created' },
    mounts: [],
    ...change,
  } as unknown as ContainerRecord;
  const told: string[] = [];
  const calls: string[] = [];
  const parts = {
    store: {
      resolve: () => record,
      tell: (_: ContainerRecord, notice: ContainerNotice) =>
        void told.push('action' in notice ? notice.action : Object.values(notice).join()),
    },
    layers: opened.layers,
    volumes: { sourceOf: async () => ({ source: findVolume(record), isOwn: true }) },
    program: nativeProgram,
    images: opened.parts,
    pause: async () => void calls.push('pause'),
    unpause: async () => void calls.push('unpause'),
  };
  return { ...opened, parts, writable, image, told, calls };
}

function findVolume({ mounts }: ContainerRecord): string {
  return mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.source] : []))[0] ?? '';
}

/** Changes files through an overlay, as a container would. */
async function change(root: Parameters<typeof startUnpacking>[0]['root'], tar: readonly TestEntry[]): Promise<void> {
  const unpacking = startUnpacking({ program: nativeProgram, root });
  const reader = new TarReader(unpacking);
  reader.push(makeTar(tar));
  await unpacking.finish();
}

async function readTar(stream: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, FileEntry & { text: string }>> {
  const found: { entry: FileEntry; parts: Buffer[] }[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push({ entry, parts: [] }),
    content: (bytes) => void found.at(-1)?.parts.push(Buffer.from(bytes)),
  });
  reader.push(await readAll(stream));
  reader.finish();
  return new Map(found.map(({ entry, parts }) => [entry.path, { ...entry, text: Buffer.concat(parts).toString() }]));
}

test('diff tells what a container added, changed and deleted, and not what it is mounted on', needs, async (t) => {
  const { parts, layers } = await makeContainer(t);
  assert.deepEqual(await listContainerChanges(parts, ID), []);
  const { upper, work, lowers } = layers.writable.get(ID);
  await change({ kind: 'overlay', lowers, upper: { upper, work } }, [
    { kind: 'directory', path: 'dev', mode: 0o755 },
    { path: 'etc/hosts' },
    { path: 'data/new/file', content: 'x' },
  ]);
  assert.deepEqual(await listContainerChanges(parts, ID), [
    { path: '/data', kind: 'modified' },
    { path: '/data/new', kind: 'added' },
    { path: '/data/new/file', kind: 'added' },
  ]);
  await change({ kind: 'directory', path: upper }, [
    { path: 'etc/conf', content: 'new' },
    { kind: 'fifo', path: 'dev/pipe' },
  ]);
  const whiteout = startUnpacking({
    program: nativeProgram,
    root: { kind: 'directory', path: upper },
    overlayWhiteouts: true,
  });
  whiteout.entry({ ...(await onlyEntry()), kind: 'whiteout', path: 'etc/gone' });
  await whiteout.finish();
  assert.deepEqual(
    (await listContainerChanges(parts, ID)).map(({ path, kind }) => `${kind} ${path}`),
    [
      'modified /data',
      'added /data/new',
      'added /data/new/file',
      'added /dev',
      'added /dev/pipe',
      'modified /etc',
      'modified /etc/conf',
      'deleted /etc/gone',
    ],
  );
});

async function onlyEntry(): Promise<FileEntry> {
  const [entry] = (await readTar(streamOf(makeTar([{ path: 'x' }])))).values();
  assert.ok(entry);
  return entry;
}

test('a commit is the image, one layer of the changes, and how the container was started', needs, async (t) => {
  const { parts, layers, service, image, calls, told } = await makeContainer(t);
  const { upper, work, lowers } = layers.writable.get(ID);
  const unchanged = await commitContainer(parts, ID, {});
  assert.deepEqual(unchanged.layers, image.layers);
  await change({ kind: 'overlay', lowers, upper: { upper, work } }, [
    { path: 'etc/conf', content: 'new' },
    { path: 'etc/hosts' },
    { path: 'data/tool', content: 'bin', mode: 0o4755, xattrs: new Map([['user.note', Buffer.from('hi')]]) },
  ]);
  const committed = await commitContainer(parts, ID, {
    reference: 'made:1',
    author: 'someone',
    message: 'why',
    changes: ['CMD ["run"]', 'ENV B=2'],
  });
  assert.deepEqual(committed.repoTags, ['made:1']);
  assert.deepEqual([committed.author, committed.comment], ['someone', 'why']);
  assert.deepEqual(committed.layers.slice(0, 1), image.layers);
  assert.equal(committed.layers.length, 2);
  assert.deepEqual(committed.config.command, ['run']);
  assert.deepEqual(committed.config.env, { A: '1', B: '2' });
  assert.equal(committed.config.workingDir, '/data');
  assert.deepEqual(committed.config.labels, { l: 'v' });
  assert.deepEqual((await service.history('made:1'))[0]?.createdBy, 'sh -c x');
  assert.deepEqual(calls, [], 'a container that does not run is not paused');
  assert.deepEqual(told, ['commit', 'commit']);
  const copied = (await layers.writable.prepare(toChainIds(committed.layers).at(-1))).commit('copy');
  assert.equal(lstatSync(join(copied.lowers[0] ?? '', 'data/tool')).mode & 0o7777, 0o4755);
  assert.equal(readFileSync(join(copied.lowers[0] ?? '', 'etc/conf'), 'utf8'), 'new');
  assert.equal(existsSync(join(copied.lowers[0] ?? '', 'etc/hosts')), false);
});

test('export gives the merged root of a container that does not run', needs, async (t) => {
  const { parts, layers } = await makeContainer(t);
  const { upper, work, lowers } = layers.writable.get(ID);
  await change({ kind: 'overlay', lowers, upper: { upper, work } }, [{ path: 'etc/conf', content: 'new' }]);
  const tree = await readTar(await exportContainer(parts, ID));
  assert.equal(tree.get('etc/conf')?.text, 'new');
  assert.equal(tree.get('etc/gone')?.text, 'x');
  assert.equal(tree.get('link')?.target, 'etc/conf');
});

test('files are copied out of a container and into it, volumes included', needs, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-volume-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'inside'), 'of the volume');
  const mounts = [
    { type: 'volume', name: 'v', source: folder, target: '/vol', readOnly: false, anonymous: false },
  ] as const;
  const { parts, writable, told } = await makeContainer(t, { mounts: mounts as never });
  assert.deepEqual(
    await statContainerPath(parts, ID, '/etc/conf').then(({ name, sizeBytes, mode }) => [name, sizeBytes, mode]),
    ['conf', 3, 0o100644],
  );
  assert.equal((await statContainerPath(parts, ID, '/link')).linkTarget, '/etc/conf');
  assert.equal((await statContainerPath(parts, ID, '/')).name, '/');
  assert.deepEqual(
    [...(await readTar(await readContainerArchive(parts, ID, '/etc'))).keys()],
    ['etc', 'etc/conf', 'etc/gone'],
  );
  assert.equal((await readTar(await readContainerArchive(parts, ID, 'etc/conf'))).get('conf')?.text, 'old');
  assert.equal(
    (await readTar(await readContainerArchive(parts, ID, '/vol/inside'))).get('inside')?.text,
    'of the volume',
  );
  const tar = makeTar([{ path: 'sub/in', content: 'copied', uid: 5, gid: 6 }]);
  await writeContainerArchive(parts, ID, '/data', { tar: streamOf(tar) });
  await writeContainerArchive(parts, ID, '/vol/', { tar: streamOf(tar), options: { copyUidGid: true } });
  assert.equal(readFileSync(join(writable.upper, 'data/sub/in'), 'utf8'), 'copied');
  assert.equal(lstatSync(join(writable.upper, 'data/sub/in')).uid, 5);
  assert.equal(lstatSync(join(folder, 'sub/in')).uid, 5, 'the container names no user');
  assert.deepEqual(told, ['archive-path', 'archive-path', 'archive-path', 'extract-to-dir', 'extract-to-dir']);
});

test('copying never leaves the container, and says what is wrong', needs, async (t) => {
  const { parts } = await makeContainer(t);
  const name = `gantry-escape-${process.pid}`;
  const missing = { kind: 'not-found', message: /Could not find the file .* in container subject/ };
  await assert.rejects(statContainerPath(parts, ID, '/nothing'), missing);
  await assert.rejects(readContainerArchive(parts, ID, '/../../../../proc/self/environ'), missing);
  await assert.rejects(readContainerArchive(parts, ID, '/outside/'), missing);
  await assert.rejects(
    writeContainerArchive(parts, ID, '/outside', { tar: streamOf(makeTar([{ path: name }])) }),
    missing,
  );
  await assert.rejects(writeContainerArchive(parts, ID, '/etc/conf', { tar: streamOf(makeTar([])) }), {
    kind: 'invalid-argument',
    message: 'extraction point is not a directory',
  });
  await assert.rejects(
    writeContainerArchive(parts, ID, '/data', { tar: streamOf(makeTar([{ path: `../../${name}` }])) }),
    {
      kind: 'invalid-argument',
    },
  );
  const kept = makeTar([{ path: 'data', content: 'no directory' }]);
  await assert.rejects(
    writeContainerArchive(parts, ID, '/', { tar: streamOf(kept), options: { noOverwriteDirNonDir: true } }),
    {
      message: /cannot overwrite directory with non-directory/,
    },
  );
  assert.equal(existsSync(join('/tmp', name)), false);
  const locked = await makeContainer(t, { config: { image: 'x', security: { readOnlyRootfs: true } } } as never);
  await assert.rejects(writeContainerArchive(locked.parts, ID, '/data', { tar: streamOf(makeTar([])) }), {
    kind: 'permission-denied',
    message: 'container rootfs is marked read-only',
  });
});

test(
  'the files of a container that runs are those below the root of its process',
  requires('root', 'overlay', 'command:busybox', 'command:chroot'),
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-running-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'dir'));
    writeFileSync(join(folder, 'dir', 'live'), 'here');
    symlinkSync('/', join(folder, 'dir', 'up'));
    writeFileSync(join(folder, 'busybox'), readFileSync('/bin/busybox'), { mode: 0o755 });
    const child = spawn('chroot', [folder, '/busybox', 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    t.after(() => child.kill('SIGKILL'));
    // An echo says that the program runs in its root.
    child.stdin.write('ready\n');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const pid = child.pid ?? 0;
    const init = { pid, startTicks: readProcessStat(pid)?.startTicks ?? 0 };
    const { parts, calls } = await makeContainer(t, { state: { status: 'running', init, startedAtMs: 0 } });
    assert.equal((await readTar(await readContainerArchive(parts, ID, '/dir/up/dir/live'))).get('live')?.text, 'here');
    await writeContainerArchive(parts, ID, '/dir', { tar: streamOf(makeTar([{ path: 'written', content: 'x' }])) });
    assert.equal(readFileSync(join(folder, 'dir', 'written'), 'utf8'), 'x');
    assert.ok((await readTar(await exportContainer(parts, ID))).has('dir/written'));
    await commitContainer(parts, ID, {});
    await commitContainer(parts, ID, { pause: false });
    assert.deepEqual(calls, ['pause', 'unpause']);
    const other = await makeContainer(t, {
      state: { status: 'running', init: { ...init, startTicks: 1 }, startedAtMs: 0 },
    });
    await assert.rejects(statContainerPath(other.parts, ID, '/dir/live'), { kind: 'not-found' });
  },
);

/** Puts a folder and a link at one name by turns. What it answers ends that, and waits for the last move to have ended. */
function swapAgainAndAgain(folder: string, target: string): () => Promise<unknown> {
  const moves = 'mv -T real dir; mv -T dir real; mv -T link dir; mv -T dir link';
  const script = `cd ${folder} && ln -s ${target} link && while :; do ${moves}; done`;
  const swapper = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  swapper.stdout.resume();
  return () => {
    process.kill(-(swapper.pid ?? 0), 'SIGKILL');
    return once(swapper, 'close');
  };
}

test('a directory that becomes a link again and again cannot lead a copy out', needs, async (t) => {
  const { parts, writable } = await makeContainer(t);
  const secret = mkdtempSync(join(tmpdir(), 'gantry-secret-'));
  t.after(() => rmSync(secret, { recursive: true, force: true }));
  writeFileSync(join(secret, 'key'), 'secret of the host');
  mkdirSync(join(writable.upper, 'swap', 'real'), { recursive: true });
  writeFileSync(join(writable.upper, 'swap', 'real', 'key'), 'own');
  const endSwapping = swapAgainAndAgain(join(writable.upper, 'swap'), secret);
  const before = readFileSync(join(secret, 'key'), 'utf8');
  const tar = makeTar([{ path: 'key', content: 'overwritten' }]);
  let reached = 0;
  try {
    for (let i = 0; i < 25; i++) {
      const read = readContainerArchive(parts, ID, '/swap/dir/key').then(readTar);
      const texts = await read.then((tree) => [...tree.values()].map(({ text }) => text)).catch((): string[] => []);
      assert.ok(!texts.includes(before));
      reached += texts.length;
      reached += await writeContainerArchive(parts, ID, '/swap/dir', { tar: streamOf(tar) }).then(
        () => 1,
        () => 0,
      );
      assert.equal(readFileSync(join(secret, 'key'), 'utf8'), before);
    }
  } finally {
    await endSwapping();
  }
  assert.ok(reached > 0, 'no copy ever found the directory');
});
