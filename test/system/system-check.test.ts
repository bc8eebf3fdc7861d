import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { checkEngine } from '../support/check-state.js';
import { type EngineWorld, makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:python3');

interface Damaged {
  readonly world: EngineWorld;
  readonly engine: Engine;
  readonly root: string;
  /** Path below the state root. */
  at(...names: readonly string[]): string;
  sql(statement: string): void;
}

/** An engine with the image busybox, `two` of two layers, and whatever the test does to it. */
async function openWorld(t: TestContext): Promise<Damaged> {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const { root } = world.options;
  const { id } = await engine.containers.create({
    image: 'busybox',
    command: ['sh', '-c', 'echo x > /new; rm /data/seed'],
  });
  await engine.containers.start(id);
  await engine.containers.wait(id);
  await engine.containers.commit(id, { reference: 'two' });
  await engine.containers.remove(id);
  const sql = (statement: string) => {
    const database = new DatabaseSync(join(root, 'state.db'));
    database.exec(`PRAGMA foreign_keys = OFF; ${statement}`);
    database.close();
  };
  return { world, engine, root, at: (...names) => join(root, ...names), sql };
}

const hex = (digest: string | undefined) => String(digest).replace('sha256:', '');

async function findImage(engine: Engine, name: string) {
  const [{ id, layers }, stack] = [await engine.images.inspect(name), (await engine.layers?.ofImage(name)) ?? []];
  return { id, diffIds: layers, chainIds: stack.map(({ chainId }) => hex(chainId)) };
}

async function run(engine: Engine, image: string, command: readonly string[]): Promise<number> {
  const { id } = await engine.containers.create({ image, command });
  await engine.containers.start(id);
  const { exitCode } = await engine.containers.wait(id);
  await engine.containers.remove(id);
  return exitCode;
}

/** Finds these kinds and changes nothing; mends; and then finds nothing. */
async function assertMended(engine: Engine, kinds: readonly string[]) {
  const before = await checkEngine(engine);
  assert.deepEqual([...before.kinds].sort(), [...kinds].sort());
  assert.equal(before.left, kinds.length);
  const repaired = await checkEngine(engine, { repair: true });
  assert.equal(repaired.left, 0, JSON.stringify(repaired.found));
  assert.ok(repaired.mended >= kinds.length);
  const after = await checkEngine(engine);
  assert.deepEqual(after.found, []);
  return repaired;
}

test('a state root in use is whole, and the check says how much it has looked at', needs, async (t) => {
  const { engine } = await openWorld(t);
  const { id } = await engine.containers.create({ image: 'two', command: ['sleep', '1000'] });
  await engine.containers.start(id);
  await engine.volumes.create({ name: 'data' });
  const { kinds, counts, left } = await checkEngine(engine);
  assert.deepEqual([kinds, left], [[], 0]);
  const { images, layers, comparedLayers, blobs, containers, volumes } = counts;
  assert.deepEqual(
    { images, layers, comparedLayers, blobs, containers, volumes },
    {
      images: 2,
      layers: 2,
      comparedLayers: 2,
      blobs: 4,
      containers: 1,
      volumes: 1,
    },
  );
  assert.ok(counts.hashedBytes > 1_000_000);
  const quick = await checkEngine(engine, { quick: true });
  assert.deepEqual([quick.kinds, quick.counts.hashedBytes, quick.counts.comparedLayers], [[], 0, 0]);
});

test('a file that was changed in a layer is found, and the layer is unpacked again from its blob', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const { chainIds } = await findImage(engine, 'busybox');
  const file = at('layers', chainIds[0] ?? '', 'fs/etc/passwd');
  writeFileSync(file, readFileSync(file, 'utf8').replace('root', 'toor'));
  assert.deepEqual((await checkEngine(engine, { quick: true })).kinds, []);
  const { found } = await assertMended(engine, ['layer-damaged']);
  assert.match(JSON.stringify(found), /\/etc\/passwd differs/);
  assert.match(readFileSync(file, 'utf8'), /^root:/);
  assert.equal(await run(engine, 'two', ['cat', '/new']), 0);
});

for (const [what, damage] of [
  ['a file that is missing', (fs: string) => rmSync(join(fs, 'bin/cat'))],
  ['a file too many', (fs: string) => writeFileSync(join(fs, 'bin/more'), '')],
  ['a mode that was changed', (fs: string) => chmodSync(join(fs, 'etc'), 0o700)],
  ['another time', (fs: string) => utimesSync(join(fs, 'bin/sh'), 1, 1)],
  ['an extended attribute too many', (fs: string) => addXattr(join(fs, 'bin'))],
  ['a layer without files', (fs: string) => rmSync(fs, { recursive: true })],
  ['a layer without a record', (fs: string) => rmSync(join(fs, '../layer.json'))],
  ['a record of another layer', (fs: string) => writeFileSync(join(fs, '../layer.json'), otherRecord(fs))],
] as const) {
  test(`${what} is found and mended`, needs, async (t) => {
    const { engine, at } = await openWorld(t);
    const { chainIds } = await findImage(engine, 'busybox');
    damage(at('layers', chainIds[0] ?? '', 'fs'));
    await assertMended(engine, ['layer-damaged']);
    assert.equal(await run(engine, 'two', ['cat', '/etc/passwd']), 0);
  });
}

function addXattr(path: string): void {
  execFileSync('python3', ['-c', 'import os, sys; os.setxattr(sys.argv[1], "trusted.more", b"x")', path]);
}

function otherRecord(fs: string): string {
  const text = readFileSync(join(fs, '../layer.json'), 'utf8');
  return text.replaceAll(/sha256:(.)/g, (_, digit) => (digit === '0' ? 'sha256:1' : 'sha256:0'));
}

test('a whiteout that is gone from a layer is found and made again', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const { chainIds } = await findImage(engine, 'two');
  rmSync(at('layers', chainIds[1] ?? '', 'fs/data/seed'));
  await assertMended(engine, ['layer-damaged']);
  assert.equal(await run(engine, 'two', ['ls', '/data/seed']), 1);
});

test('a layer that is missing comes back from its blob, with all that stand on it', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const { chainIds } = await findImage(engine, 'two');
  rmSync(at('layers', chainIds[0] ?? ''), { recursive: true });
  await assertMended(engine, ['layer-missing', 'layer-damaged']);
  assert.equal(await run(engine, 'two', ['cat', '/new']), 0);
});

test('an engine opens on a root that lacks a layer in the middle, and after a crash too', needs, async (t) => {
  const { engine, world, at } = await openWorld(t);
  const { chainIds } = await findImage(engine, 'two');
  rmSync(at('layers', chainIds[0] ?? ''), { recursive: true });
  writeFileSync(at('staging', '1-1-1'), '');
  const second = await world.open();
  await second.close();
  assert.deepEqual(readdirSync(at('staging')), []);
  assert.ok(existsSync(at('layers', chainIds[1] ?? '')));
});

test(
  'a damaged blob is moved away, and the images that cannot be whole without it go with their names',
  needs,
  async (t) => {
    const { engine, at } = await openWorld(t);
    const { diffIds, chainIds } = await findImage(engine, 'two');
    const blob = at('content/blobs/sha256', hex(diffIds[1]));
    appendFileSync(blob, 'x');
    const { found } = await assertMended(engine, ['blob-damaged', 'image-incomplete']);
    assert.match(JSON.stringify(found), /removed the image and its names two:latest/);
    assert.ok(existsSync(at('content/damaged', hex(diffIds[1]))));
    assert.ok(!existsSync(at('layers', chainIds[1] ?? '')));
    assert.deepEqual(
      (await engine.images.list()).map(({ repoTags }) => repoTags),
      [['busybox:latest']],
    );
    assert.equal(await run(engine, 'busybox', ['true']), 0);
  },
);

test('an image that a container is made of stays, and a second copy of its blob mends it', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const archive: Uint8Array[] = [];
  for await (const part of await engine.images.save(['two'])) archive.push(Buffer.from(part));
  const { diffIds } = await findImage(engine, 'two');
  const { id } = await engine.containers.create({ image: 'two', command: ['cat', '/new'] });
  rmSync(at('content/blobs/sha256', hex(diffIds[1])));
  const { found, left } = await checkEngine(engine, { repair: true });
  assert.equal(left, 1);
  assert.match(JSON.stringify(found), new RegExp(`stays, since container ${id.slice(0, 12)} is made of it`));
  await engine.containers.start(id);
  for await (const _ of engine.images.load(streamOf(Buffer.concat(archive)))) void _;
  assert.deepEqual((await checkEngine(engine)).found, []);
});

test('a layer stays as it is while a container runs on it', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const { id } = await engine.containers.create({ name: 'web', image: 'two', command: ['sleep', '1000'] });
  await engine.containers.start(id);
  const { chainIds } = await findImage(engine, 'two');
  rmSync(at('layers', chainIds[0] ?? '', 'fs/bin/cat'));
  const { found, left } = await checkEngine(engine, { repair: true });
  assert.equal(left, 1);
  assert.match(JSON.stringify(found), /stays as it is while container web runs on it/);
  await engine.containers.stop(id, { timeoutMs: 0 });
  await assertMended(engine, ['layer-damaged']);
});

test('what nothing uses is found and removed', needs, async (t) => {
  const { engine, at, sql, root } = await openWorld(t);
  const { id } = await findImage(engine, 'two');
  // As an engine of before left it that was killed while it removed the image.
  sql(`DELETE FROM image_references WHERE image_id = '${id}'; DELETE FROM images WHERE id = '${id}'`);
  for (const path of ['layers/no-layer', 'content/blobs/sha256/no-blob']) writeFileSync(at(path), '');
  writeLayerOwner(root, '1-1');
  await assertMended(engine, ['stray', 'blob-unused', 'blob-unused', 'stray', 'layer-unused']);
  assert.equal(readdirSync(at('layers')).length, 1);
  assert.equal(readdirSync(at('content/blobs/sha256')).length, 2);
});

/** As if another process had made all layers. */
function writeLayerOwner(root: string, owner: string): void {
  for (const name of readdirSync(join(root, 'layers'), { withFileTypes: true })) {
    if (!name.isDirectory()) continue;
    const path = join(root, 'layers', name.name, 'layer.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), owner }));
  }
}

test('what a process that lives has begun is no finding', needs, async (t) => {
  const { engine, at, sql } = await openWorld(t);
  const ticks = readFileSync(`/proc/${process.ppid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')[19];
  const owner = `${process.ppid}-${ticks}`;
  mkdirSync(at('staging', `${owner}-1`));
  writeFileSync(at('content/ingest', `${owner}-2`), '');
  const { digest } = await keepBlob(at('content'), 'held');
  sql(`INSERT INTO content_leases VALUES ('lease', '${digest}', '${owner}', 1)`);
  assert.deepEqual((await checkEngine(engine)).kinds, []);
  sql("UPDATE content_leases SET owner = '1-1'");
  assert.deepEqual((await checkEngine(engine)).kinds, ['lease-abandoned', 'blob-unused']);
});

async function keepBlob(folder: string, text: string) {
  const { openContentStore } = await import('../../src/engine/content/content-store.js');
  return await openContentStore(folder).ingest(streamOf(Buffer.from(text)));
}

test('rows that cannot be read are told, and do not keep an engine from opening', needs, async (t) => {
  const { engine, world, sql } = await openWorld(t);
  const { id } = await findImage(engine, 'two');
  sql(`UPDATE images SET document = '{}' WHERE id = '${id}'; UPDATE events SET document = 'x' WHERE sequence = 1`);
  const second = await world.open().catch((error: unknown) => error);
  assert.ok(second instanceof Error, 'the list of images fails');
  const repaired = await checkEngine(engine, { repair: true });
  assert.deepEqual(repaired.kinds.slice(0, 2), ['row-broken', 'row-broken']);
  assert.match(JSON.stringify(repaired.found), /removed the image and its names/);
  assert.equal(repaired.left, 0);
  assert.deepEqual((await checkEngine(engine)).found, []);
  assert.equal(await run(engine, 'busybox', ['true']), 0);
});

test('a row of an image that cannot be read stays while a container is made of it', needs, async (t) => {
  const { engine, sql } = await openWorld(t);
  const { id } = await findImage(engine, 'two');
  await engine.containers.create({ image: 'two' });
  sql(`UPDATE images SET document = '{}' WHERE id = '${id}'`);
  const { found, left } = await checkEngine(engine, { repair: true });
  assert.ok(left > 0);
  assert.match(JSON.stringify(found), /the image stays, since container/);
});

test('a name without its image is found and removed', needs, async (t) => {
  const { engine, sql } = await openWorld(t);
  sql(
    `INSERT INTO image_references VALUES ('docker.io/library/x:1', 1, '{"reference":"docker.io/library/x:1","imageId":"sha256:${'0'.repeat(64)}"}', 'sha256:${'0'.repeat(64)}')`,
  );
  await assertMended(engine, ['row-broken']);
});

test('an index of the database that lies is made anew', needs, async (t) => {
  const { world, engine, at } = await openWorld(t);
  await engine.close();
  const database = new DatabaseSync(at('state.db'), { defensive: false });
  // Writes to the table alone, as a torn page would.
  database.exec(`PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = 'CREATE INDEX events_by_time ON events (at_ms) WHERE at_ms < 0' WHERE name = 'events_by_time'`);
  database.close();
  const broken = new DatabaseSync(at('state.db'), { defensive: false });
  broken.exec("INSERT INTO events (at_ms, document) VALUES (1, '{}')");
  broken.exec(`PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = 'CREATE INDEX events_by_time ON events (at_ms)' WHERE name = 'events_by_time'`);
  broken.close();
  await assertMended(await world.open(), ['database-damaged']);
});

test('a container that has lost its folders gets new ones', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const { id } = await engine.containers.create({ image: 'busybox', command: ['true'] });
  await engine.containers.start(id);
  await engine.containers.wait(id);
  const whole = at('writable', id);
  for (const part of ['upper', 'work', 'parent']) {
    rmSync(join(whole, part), { recursive: true });
    await assertMended(engine, ['container-incomplete']);
  }
  rmSync(whole, { recursive: true });
  rmSync(at('containers', id), { recursive: true });
  await assertMended(engine, ['container-incomplete', 'container-incomplete']);
  await engine.containers.start(id);
  assert.equal((await engine.containers.wait(id)).exitCode, 0);
});

test(
  'a container of which the removal failed half way is no finding, and the next removal takes the rest',
  needs,
  async (t) => {
    const { engine, at } = await openWorld(t);
    const { id } = await engine.containers.create({ image: 'busybox', command: ['true'] });
    const writable = at('writable');
    // A mount of its own: nothing is renamed out of it.
    execFileSync('mount', ['--bind', writable, writable]);
    try {
      await assert.rejects(engine.containers.remove(id), /cannot remove container .*EXDEV/);
    } finally {
      execFileSync('umount', [writable]);
    }
    assert.equal((await engine.containers.inspect(id)).state.status, 'dead');
    assert.deepEqual([existsSync(at('containers', id)), existsSync(at('writable', id))], [false, true]);
    assert.deepEqual((await checkEngine(engine, { repair: true })).found, []);
    await engine.containers.remove(id);
    assert.equal(existsSync(at('writable', id)), false);
    assert.deepEqual((await checkEngine(engine)).found, []);
  },
);

test(
  'a volume without a folder goes, unless a container has it, and a folder without a row is a volume again',
  needs,
  async (t) => {
    const { engine, at } = await openWorld(t);
    const [free, used, kept] = [
      await engine.volumes.create({ name: 'free' }),
      await engine.volumes.create({ name: 'used' }),
      await engine.volumes.create({ name: 'kept' }),
    ];
    await engine.containers.create({ image: 'busybox', mounts: [{ type: 'volume', source: 'used', target: '/v' }] });
    writeFileSync(join(kept.mountpoint, 'file'), 'precious');
    renameSync(at('volumes/kept'), at('volumes/other'));
    rmSync(free.mountpoint, { recursive: true });
    rmSync(used.mountpoint, { recursive: true });
    utimesSync(at('volumes/other'), 1, 1);
    const { kinds } = await checkEngine(engine);
    assert.deepEqual(kinds, ['volume-incomplete', 'volume-incomplete', 'volume-incomplete', 'volume-unknown']);
    await checkEngine(engine, { repair: true });
    assert.deepEqual((await checkEngine(engine)).found, []);
    assert.deepEqual(
      (await engine.volumes.list()).map(({ name }) => name),
      ['other', 'used'],
    );
    assert.equal(readFileSync(at('volumes/other/_data/file'), 'utf8'), 'precious');
  },
);

test('beside processes that load and remove images a check finds nothing', needs, async (t) => {
  const { world, engine } = await openWorld(t);
  const other = await world.open();
  const stop = new AbortController();
  const work = (async () => {
    for (let i = 0; !stop.signal.aborted; i++) {
      const tar = makeTar([{ path: `file-${i}`, content: Buffer.alloc(100_000, i) }]);
      await other.images.import(streamOf(tar), { reference: `made:${i}` });
      const { id } = await other.containers.create({ image: `made:${i}`, command: ['x'] });
      await other.containers.remove(id);
      await other.images.remove(`made:${i}`);
    }
  })();
  try {
    for (let i = 0; i < 8; i++) assert.deepEqual((await checkEngine(engine)).found, [], `check ${i}`);
  } finally {
    stop.abort();
    await work;
  }
});

test('a blob that was cut off is found by its content', needs, async (t) => {
  const { engine, at } = await openWorld(t);
  const { diffIds } = await findImage(engine, 'busybox');
  truncateSync(at('content/blobs/sha256', hex(diffIds[0])), 1_000);
  const { kinds } = await checkEngine(engine);
  assert.deepEqual(kinds, ['blob-damaged', 'image-incomplete', 'image-incomplete']);
});
