import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collectGarbage } from '../../src/engine/registry/server/store/garbage.js';
import { openRegistryStore } from '../../src/engine/registry/server/store/registry-store.js';
import { openGantry } from '../support/gantry.js';
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openRegistry,
  pushBlob,
  pushImage,
  randomBlob,
} from '../support/registry.js';
import { assertWhole } from '../support/registry-process.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const HOUR_MS = 3_600_000;

/** Collects as another process would, when `passedMs` have passed. */
async function collect(t: TestContext, folder: string, passedMs: number, more: { withUntagged?: boolean } = {}) {
  const store = openRegistryStore({ folder, nowMs: Date.now, maxBlobBytes: 0, maxUploads: 0 });
  t.after(store.close);
  return await collectGarbage(store, {
    ...{ nowMs: Date.now() + passedMs, graceMs: HOUR_MS, uploadIdleMs: 1e12, withUntagged: false, isDryRun: false },
    ...more,
  });
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(folder, 'blobs/sha256')).map((name) => `sha256:${name}`);
}

test('what no manifest names goes when its time is over, and what one names stays', async (t) => {
  const folder = makeTemporaryFolder(t);
  const world = await openRegistry(t, { folder });
  await pushImage(world, 'one', { repository: 'a' });
  const lost = await pushBlob(world, randomBlob().bytes, 'a');
  const gone = await pushImage(world, 'two', { repository: 'a' });
  await world.send('DELETE', `/v2/a/manifests/${gone.digest}`);
  writeFileSync(join(folder, 'blobs/sha256', digestOf('stray').slice(7)), 'stray');

  const early = await collect(t, folder, 0);
  assert.deepEqual({ ...early, blobBytes: 0 }, { uploads: 0, manifests: 0, links: 0, blobs: 2, blobBytes: 0 });
  assert.ok(filesOf(folder).includes(lost));
  assert.ok(!filesOf(folder).includes(digestOf('stray')) && !filesOf(folder).includes(gone.digest));
  assert.deepEqual(await collect(t, folder, HOUR_MS + 1), {
    uploads: 0,
    manifests: 0,
    links: 2,
    blobs: 2,
    blobBytes: 812,
  });
  assert.equal(await assertWhole(world), 1);
  assert.equal(filesOf(folder).length, 3);
});

test('a blob that a client looked for is left for the manifest to come', async (t) => {
  const folder = makeTemporaryFolder(t);
  const world = await openRegistry(t, { folder });
  const seen = await pushBlob(world, randomBlob().bytes, 'a');
  const mounted = await pushBlob(world, randomBlob().bytes, 'a');
  // As if both had come two hours ago.
  const store = openRegistryStore({ folder, nowMs: Date.now, maxBlobBytes: 0, maxUploads: 0 });
  store.database.run('UPDATE blobs SET used_at_ms = used_at_ms - ?', 2 * HOUR_MS);
  store.close();
  await world.send('HEAD', `/v2/a/blobs/${seen}`);
  await world.send('POST', `/v2/b/blobs/uploads/?mount=${mounted}&from=a`, { headers: { 'Content-Length': 0 } });
  await collect(t, folder, 0);
  assert.deepEqual(filesOf(folder).toSorted(), [seen, mounted].toSorted());
  assert.equal((await world.send('HEAD', `/v2/a/blobs/${seen}`)).status, 200);
  assert.equal((await world.send('HEAD', `/v2/a/blobs/${mounted}`)).status, 404);
  assert.equal((await world.send('HEAD', `/v2/b/blobs/${mounted}`)).status, 200);
});

test('a repository with an open upload keeps everything, however long the push takes', async (t) => {
  const folder = makeTemporaryFolder(t);
  const world = await openRegistry(t, { folder });
  const early = await pushBlob(world, randomBlob().bytes, 'a');
  const { headers } = await world.send('POST', '/v2/a/blobs/uploads/', { headers: { 'Content-Length': 0 } });
  await collect(t, folder, 100 * HOUR_MS);
  assert.deepEqual(filesOf(folder), [early]);
  await world.send('DELETE', String(headers.location), { headers: { 'Content-Length': 0 } });
  await collect(t, folder, 100 * HOUR_MS);
  assert.deepEqual(filesOf(folder), []);
});

test('manifests without a tag go where that is asked for, but no child of an index and no referrer of what is there', async (t) => {
  const folder = makeTemporaryFolder(t);
  const world = await openRegistry(t, { folder });
  const child = await pushImage(world, '', { repository: 'a' });
  const entry = { mediaType: OCI_MANIFEST, digest: child.digest, size: child.text.length };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] });
  await world.send('PUT', '/v2/a/manifests/index', { headers: { 'Content-Type': OCI_INDEX }, body: index });
  const signature = await pushImage(world, '', { repository: 'a', additions: { subject: entry } });
  const loose = await pushImage(world, '', { repository: 'a' });
  const has = async (digest: string) => (await world.send('HEAD', `/v2/a/manifests/${digest}`)).status === 200;

  assert.equal((await collect(t, folder, 2 * HOUR_MS)).manifests, 0);
  assert.equal((await collect(t, folder, 0, { withUntagged: true })).manifests, 0);
  assert.equal((await collect(t, folder, 2 * HOUR_MS, { withUntagged: true })).manifests, 1);
  assert.deepEqual(
    [await has(child.digest), await has(signature.digest), await has(loose.digest)],
    [true, true, false],
  );
  await world.send('DELETE', '/v2/a/manifests/index');
  assert.equal((await collect(t, folder, 2 * HOUR_MS, { withUntagged: true })).manifests, 3);
  assert.deepEqual(filesOf(folder), []);
});

test('pushes that run while garbage is collected again and again all come out whole', async (t) => {
  const folder = makeTemporaryFolder(t);
  const world = await openRegistry(t, { folder });
  let isPushing = true;
  const collecting = (async () => {
    for (; isPushing; ) await collect(t, folder, 0, { withUntagged: true });
  })();
  const shared = randomBlob(1000).bytes;
  const push = async (index: number) => {
    const repository = `team/app${index}`;
    for (let round = 0; round < 4; round++) {
      await pushBlob(world, shared, repository);
      await pushImage(world, `tag${round}`, { repository });
      await world.send('DELETE', `/v2/${repository}/blobs/${digestOf(shared)}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, (_, index) => push(index)));
  isPushing = false;
  await collecting;
  assert.equal(await assertWhole(world), 16);
});

test('`gantry registry gc` says what goes, and with --dry-run takes nothing', async (t) => {
  const gantry = openGantry();
  t.after(gantry.close);
  const folder = join(gantry.folder, 'registry');
  const world = await openRegistry(t, { folder });
  await pushBlob(world, 'no manifest names it', 'a');
  const words = ['registry', 'gc', '--folder', folder, '--grace', '0s'];
  const text = [
    'Uploads: 0',
    'Manifests: 0',
    'Blobs of repositories: 1',
    'Files: 1',
    'Total reclaimed space: 20B',
    '',
  ].join('\n');
  const dry = await gantry.run([...words, '--dry-run']);
  assert.deepEqual([dry.stdout, dry.stderr, filesOf(folder).length], [text, '', 1]);
  const real = await gantry.run(words);
  assert.deepEqual([real.stdout, real.code, filesOf(folder).length], [text, 0, 0]);
  const none = await gantry.run(['registry', 'gc', '--folder', '/nowhere']);
  assert.deepEqual([none.code, none.stderr], [1, 'gantry: there is no registry in /nowhere\n']);
});
