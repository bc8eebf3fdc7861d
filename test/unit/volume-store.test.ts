import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createEventBus } from '../../src/engine/events/event-bus.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { ANONYMOUS_LABEL, createVolumeService } from '../../src/engine/volumes/volume-service.js';
import { createVolumeStore } from '../../src/engine/volumes/volume-store.js';
import type { VolumeName } from '../../src/model/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import { findMountBelow } from '../../src/platform/remove-folder.js';

function openVolumes(t: TestContext, users: Readonly<Record<string, readonly string[]>> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'gantry-volumes-'));
  const database = openStateDatabase(root);
  const events = createEventBus({ database, root, clock: systemClock });
  t.after(() => {
    events.close();
    database.close();
    rmSync(root, { recursive: true });
  });
  const runRoot = join(root, 'run');
  const usersOf = (name: string) => users[name] ?? [];
  const store = createVolumeStore({ database, events, clock: systemClock, root, runRoot, usersOf });
  return { root, store, events, service: createVolumeService(store, events) };
}

test('a volume is a folder of its own, and making it again gives the same one', (t) => {
  const { store } = openVolumes(t);
  const volume = store.create({ name: 'data', labels: { a: 'b' } });
  assert.ok(statSync(volume.mountpoint).isDirectory());
  assert.deepEqual(store.create({ name: 'data' }), volume);
  assert.deepEqual(store.list(), [volume]);
});

test('a volume without a name gets one and is marked as anonymous', async (t) => {
  const { service } = openVolumes(t);
  const volume = await service.create({});
  assert.match(volume.name, /^[0-9a-f]{64}$/);
  assert.equal(volume.labels[ANONYMOUS_LABEL], '');
});

test('a bad volume name is refused with what is allowed', async (t) => {
  const { service } = openVolumes(t);
  await assert.rejects(service.create({ name: '../x' }), { kind: 'invalid-argument', message: /only "\[a-zA-Z0-9\]/ });
});

test('a volume in use is kept, with or without force', async (t) => {
  const { service, store } = openVolumes(t, { data: ['c0ffee'] });
  store.create({ name: 'data' });
  for (const force of [false, true]) {
    await assert.rejects(service.remove('data' as VolumeName, { force }), {
      kind: 'conflict',
      message: 'remove data: volume is in use - [c0ffee]',
    });
  }
  assert.equal(store.list().length, 1);
});

test('removing a volume removes its folder; removing a missing one fails unless forced', async (t) => {
  const { service, store, root } = openVolumes(t);
  const volume = store.create({ name: 'data' });
  writeFileSync(join(volume.mountpoint, 'file'), 'x');
  await service.remove(volume.name);
  assert.equal(existsSync(join(root, 'volumes', 'data')), false);
  await assert.rejects(service.remove(volume.name), { kind: 'not-found', message: 'get data: no such volume' });
  await service.remove(volume.name, { force: true });
});

test('prune removes anonymous volumes that nobody uses and counts their bytes', async (t) => {
  const { service, store } = openVolumes(t);
  store.create({ name: 'named' });
  const anonymous = await service.create({});
  writeFileSync(join(anonymous.mountpoint, 'file'), 'x'.repeat(1000));
  assert.deepEqual(await service.prune(), { removed: [anonymous.name], reclaimedBytes: 1000 });
  assert.deepEqual(
    store.list().map((volume) => volume.name),
    ['named'],
  );
});

test('prune of all takes named volumes too, those of the labels alone', async (t) => {
  const { service } = openVolumes(t);
  await service.create({ name: 'plain' });
  await service.create({ name: 'kept', labels: { keep: 'yes' } });
  const { removed } = await service.prune({ all: true, withoutLabels: { keep: undefined } });
  assert.deepEqual(removed, ['plain']);
  assert.deepEqual((await service.prune({ all: true, labels: { keep: 'yes' } })).removed, ['kept']);
});

test('a mount below a folder is found in mountinfo, also with a blank in its name', () => {
  const mountinfo = '1 2 8:1 / / rw - ext4 /dev/sda rw\n3 2 0:9 / /a/b\\040c/d rw - tmpfs tmpfs rw\n';
  assert.equal(findMountBelow('/a/b c', mountinfo), '/a/b c/d');
  assert.equal(findMountBelow('/a/b', mountinfo), undefined);
});
