import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { checkEngine } from '../support/check-state.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** An engine, and the state database beside it. */
async function openWorld(t: TestContext) {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const { root } = world.options;
  const sql = (statement: string, ...values: readonly SQLInputValue[]): unknown => {
    const database = new DatabaseSync(join(root, 'state.db'));
    try {
      return database.prepare(statement).get(...values);
    } finally {
      database.close();
    }
  };
  const readExec = (id: string) => String(Object.values(sql('SELECT document FROM execs WHERE id = ?', id) ?? {})[0]);
  return { world, engine, root, sql, readExec };
}

for (const document of ['no JSON', '{"containerId":"x"}', '[]']) {
  test(`an exec's row that holds ${document} keeps neither an engine nor the other execs waiting`, needs, async (t) => {
    const { world, engine, sql, readExec } = await openWorld(t);
    const { containers } = engine;
    const { id } = await containers.create({ name: 'main', image: 'busybox', command: ['sleep', '1000'] });
    await containers.start(id);
    const [broken, left] = [
      await containers.createExec(id, { command: ['a'] }),
      await containers.createExec(id, { command: ['b'] }),
    ];
    sql('UPDATE execs SET document = ? WHERE id = ?', document, broken);
    // As it stands when an engine is killed between its claim and the start of the monitor.
    sql(
      `UPDATE execs SET document = json_set(document, '$.state', json('{"status":"running","pid":0}')) WHERE id = ?`,
      left,
    );
    await (await world.open()).close();
    assert.match(readExec(left), /"exitCode":137/);
    const { kinds, found } = await checkEngine(engine);
    assert.deepEqual(kinds, ['row-broken']);
    assert.match(JSON.stringify(found), new RegExp(`"table":"execs","id":"${broken}"`));
    assert.ok(await containers.createExec(id, { command: ['c'] }), 'another exec is made beside it');
    const { mended, left: unmended } = await checkEngine(engine, { repair: true });
    assert.deepEqual([mended, unmended], [1, 0]);
    assert.equal(readExec(broken), 'undefined');
  });
}

test('a container is removed with an exec whose row cannot be read', needs, async (t) => {
  const { engine, sql } = await openWorld(t);
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'] });
  await engine.containers.start(id);
  sql("UPDATE execs SET document = 'x' WHERE id = ?", await engine.containers.createExec(id, { command: ['a'] }));
  await engine.containers.remove(id, { force: true });
  assert.deepEqual((await checkEngine(engine)).found, []);
});

test('beside a container whose row cannot be read all others are settled and checked', needs, async (t) => {
  const { world, engine, sql, root } = await openWorld(t);
  const { containers, volumes } = engine;
  const broken = await containers.create({ name: 'broken', image: 'busybox', command: ['true'] });
  const ended = await containers.create({ name: 'ended', image: 'busybox', command: ['true'] });
  await containers.start(ended.id);
  await containers.wait(ended.id);
  // As it is left by an engine that dies at its exit, and the broken one by one that dies while it starts.
  sql(
    `UPDATE containers SET document = json_set(document, '$.config.autoRemove', json('true')) WHERE id = ?`,
    ended.id,
  );
  const { document } = Object(sql('SELECT document FROM containers WHERE id = ?', broken.id));
  sql("UPDATE containers SET document = 'x', status = 'exited' WHERE id = ?", broken.id);
  try {
    await (await world.open()).close();
    assert.equal(sql('SELECT id FROM containers WHERE id = ?', ended.id), undefined);

    const { mountpoint } = await volumes.create({ name: 'lost' });
    rmSync(mountpoint, { recursive: true });
    const [chainId = ''] = (await engine.layers?.ofImage('busybox'))?.map((layer) => layer.chainId) ?? [];
    rmSync(join(root, 'layers', chainId.replace('sha256:', ''), 'fs/bin/cat'));
    const { kinds, found } = await checkEngine(engine, { repair: true });
    assert.deepEqual(kinds, ['layer-damaged', 'row-broken', 'volume-incomplete']);
    const reasons = found.map(({ repair }) => (repair?.outcome === 'left' ? repair.reason : ''));
    assert.match(reasons[0] ?? '', new RegExp(`while container ${broken.id} runs on it`));
    assert.match(reasons[1] ?? '', /a row of a container is never removed/);
    assert.match(reasons[2] ?? '', /a container may have it whose row cannot be read/);
    await assert.rejects(containers.list(), new RegExp(`cannot read row ${broken.id} of containers`));
    await assert.rejects(engine.images.remove('busybox'), /cannot read row/);
  } finally {
    // The test's own end lists all containers.
    sql('UPDATE containers SET document = ? WHERE id = ?', document, broken.id);
  }
});

test('a name whose row cannot be read is told, and the check goes on', needs, async (t) => {
  const { engine, sql, root } = await openWorld(t);
  sql("UPDATE image_references SET document = 'x'");
  const [chainId = ''] =
    (await engine.layers?.ofImage((await engine.images.list())[0]?.id ?? ''))?.map((layer) => layer.chainId) ?? [];
  rmSync(join(root, 'layers', chainId.replace('sha256:', ''), 'fs/bin/cat'));
  assert.deepEqual((await checkEngine(engine)).kinds, ['row-broken', 'layer-damaged']);
});

test('an event whose row cannot be read does not end those that follow', needs, async (t) => {
  const { engine, sql } = await openWorld(t);
  await engine.volumes.create({ name: 'one' });
  await engine.volumes.create({ name: 'two' });
  sql("UPDATE events SET document = 'x' WHERE document LIKE '%\"one\"%'");
  const ids: string[] = [];
  for await (const { id } of engine.events({ sinceMs: 0, untilMs: Date.now() })) ids.push(id);
  assert.ok(ids.includes('two') && !ids.includes('one'), ids.join());
});
