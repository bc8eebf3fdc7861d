import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Engine, VolumeService } from '../../src/engine/engine.js';
import type { VolumeName } from '../../src/model/ids.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { walkTree } from '../support/walk-tree.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:tar', 'command:python3', 'command:mkfifo');
const MB = 1024 * 1024;

const toName = (name: string): VolumeName => name as VolumeName;

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function open(t: TestContext): Promise<Engine & { volumes: Required<VolumeService> }> {
  const engine = await makeEngineWorld(t).open();
  const { volumes } = engine;
  assert.ok(volumes.export && volumes.import);
  return { ...engine, volumes: volumes as Required<VolumeService> };
}

const bytes = (buffer: Uint8Array) => Readable.from([buffer]);

/** Owners, modes, links, times, attributes and content of all that is below a folder. */
async function describe(path: string): Promise<readonly unknown[]> {
  const tree = await walkTree({ kind: 'directory', path });
  return [...tree.values()].map(({ bytes: content, segments, contentAt, ...entry }) => ({
    ...entry,
    content: createHash('sha256').update(content).digest('hex'),
    hasHoles: segments !== undefined,
  }));
}

const SET_ATTRIBUTES = `
import os, sys
os.setxattr("dir/file", "trusted.note", b"kept")
os.setxattr(".", "trusted.of-the-root", b"kept")
`;

/** One of each kind. */
function fill(folder: string): void {
  const path = (name: string) => join(folder, name);
  mkdirSync(path('dir'));
  writeFileSync(path('dir/file'), 'content', { mode: 0o640 });
  execFileSync('ln', [path('dir/file'), path('hard')]);
  symlinkSync('../../outside', path('link'));
  execFileSync('truncate', ['-s', String(8 * MB), path('holes')]);
  execFileSync('dd', [
    'if=/dev/urandom',
    `of=${path('holes')}`,
    'bs=4k',
    'count=1',
    'seek=100',
    'conv=notrunc',
    'status=none',
  ]);
  execFileSync('mkfifo', [path('fifo')]);
  execFileSync('python3', ['-c', SET_ATTRIBUTES], { cwd: folder });
  execFileSync('chown', ['1234:4321', path('dir/file'), path('dir')]);
  execFileSync('chown', ['-h', '7:7', path('link')]);
  execFileSync('chmod', ['4755', path('dir')]);
  execFileSync('touch', ['-hd', '2001-02-03 04:05:06.123456789', path('dir/file'), path('link'), path('dir')]);
  execFileSync('chmod', ['1711', folder]);
}

test('a volume goes through export and import as it is, holes as holes', NEEDS, async (t) => {
  const { volumes } = await open(t);
  const from = await volumes.create({ name: 'from' });
  fill(from.mountpoint);
  const tar = await readAll(await volumes.export(from.name));
  assert.ok(tar.length < MB, `${tar.length} bytes`);
  await volumes.import(toName('to'), bytes(tar));
  const to = await volumes.inspect(toName('to'));
  assert.deepEqual(await describe(to.mountpoint), await describe(from.mountpoint));
  assert.ok(statSync(join(to.mountpoint, 'holes')).blocks < 100);
  assert.deepEqual(readFileSync(join(to.mountpoint, 'holes')), readFileSync(join(from.mountpoint, 'holes')));
  // GNU tar is the judge of the archive.
  const judged = makeTemporaryFolder(t);
  execFileSync('tar', ['-xp', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-C', judged], { input: tar });
  assert.deepEqual(await describe(judged), await describe(from.mountpoint));
  // What GNU tar packs is taken, too.
  const packed = execFileSync('tar', ['-cSz', '--xattrs', '--format=posix', '-C', from.mountpoint, '.'], {
    maxBuffer: 100 * MB,
  });
  await volumes.import(toName('again'), bytes(packed));
  assert.deepEqual(
    await describe((await volumes.inspect(toName('again'))).mountpoint),
    await describe(from.mountpoint),
  );
});

test('import goes over what is there, as cp does', NEEDS, async (t) => {
  const { volumes, containers } = await open(t);
  const { mountpoint, name } = await volumes.create({ name: 'data' });
  writeFileSync(join(mountpoint, 'mine'), 'stays');
  writeFileSync(join(mountpoint, 'both'), 'old');
  await containers.create({ image: 'busybox', name: 'user', mounts: [{ type: 'volume', source: name, target: '/d' }] });
  const { ino } = statSync(mountpoint);
  await volumes.import(
    name,
    bytes(
      gzipSync(
        makeTar([
          { path: 'both', content: 'new' },
          { path: 'more', content: 'x' },
        ]),
      ),
    ),
  );
  assert.deepEqual(readdirSync(mountpoint).sort(), ['both', 'mine', 'more']);
  assert.equal(readFileSync(join(mountpoint, 'both'), 'utf8'), 'new');
  assert.equal(statSync(mountpoint).ino, ino, 'containers have another folder before them');
});

test('a hostile or broken archive leaves an empty volume empty, and none where none was', NEEDS, async (t) => {
  const { volumes } = await open(t);
  const outside = makeTemporaryFolder(t);
  const good = makeTar([{ path: 'first', content: 'x' }]).subarray(0, 1024);
  const hostile: readonly (readonly [string, Uint8Array])[] = [
    ['leads out of the root', makeTar([{ path: '../evil', content: 'x' }])],
    ['cut off', good],
    ['leads out of the root', makeTar([{ path: 'l', kind: 'hardlink', target: '../../etc/passwd' }])],
    [
      '',
      makeTar([
        { path: 'l', kind: 'symlink', target: outside },
        { path: 'l/evil', content: 'x' },
      ]),
    ],
    ['', Buffer.from('this is no archive'.repeat(100))],
  ];
  const { mountpoint, name } = await volumes.create({ name: 'empty' });
  for (const [reason, tar] of hostile) {
    const expected = { kind: 'invalid-argument', ...(reason === '' ? {} : { message: new RegExp(reason) }) };
    await volumes.import(name, bytes(tar)).then(
      // A link of the archive's own is resolved in the volume: then nothing is outside.
      () => assert.equal(reason, ''),
      (error: unknown) => assert.throws(() => assert.fail(error as Error), expected),
    );
    assert.deepEqual(readdirSync(outside), []);
  }
  await assert.rejects(volumes.import(toName('made'), bytes(good)), { kind: 'invalid-argument' });
  await assert.rejects(volumes.inspect(toName('made')), { kind: 'not-found' });
  assert.equal(existsSync(join(mountpoint, '../../made')), false);
  assert.deepEqual(readdirSync(join(mountpoint, '../../.staging')), []);
  await assert.rejects(volumes.import(toName('a/b'), bytes(good)), { kind: 'invalid-argument' });
  await assert.rejects(volumes.export(toName('nosuch')), { kind: 'not-found' });
});

test('what an import leaves whose engine was killed goes when the next engine opens', NEEDS, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const { mountpoint } = await engine.volumes.create({ name: 'vol' });
  const left = join(mountpoint, '../../.staging', '1-1-1');
  mkdirSync(join(left, 'half'), { recursive: true });
  await engine.close();
  await (await world.open()).close();
  assert.equal(existsSync(left), false);
});
