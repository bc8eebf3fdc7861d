import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { openApi } from '../support/api.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

const filter = (filters: object): string => `filters=${encodeURIComponent(JSON.stringify(filters))}`;

test('a volume is made, is what it is the second time, and goes', needs, async (t) => {
  const { send, options, engine } = await openApi(t);
  const body = { Name: 'v1', Driver: 'local', DriverOpts: null, Labels: { a: 'b' } };
  const created = await send('POST', '/volumes/create', { body });
  assert.equal(created.status, 201);
  const volume = created.json();
  assert.match(volume.CreatedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(
    { ...volume, CreatedAt: '' },
    {
      ...{ CreatedAt: '', Driver: 'local', Labels: { a: 'b' }, Mountpoint: `${options.root}/volumes/v1/_data` },
      ...{ Name: 'v1', Options: null, Scope: 'local' },
    },
  );
  assert.equal(existsSync(volume.Mountpoint), true);
  const again = await send('POST', '/volumes/create', { body: { Name: 'v1' } });
  assert.deepEqual([again.status, again.json()], [201, volume]);
  assert.deepEqual((await send('GET', '/volumes/v1')).json(), volume);
  const anonymous = (await send('POST', '/volumes/create', { body: {} })).json();
  assert.match(anonymous.Name, /^[0-9a-f]{64}$/);
  const mounts = [{ type: 'volume', source: 'v1', target: '/data' }] as const;
  const { id } = await engine.containers.create({ image: 'busybox', command: ['x'], mounts });
  const busy = await send('DELETE', '/volumes/v1?force=1');
  assert.deepEqual([busy.status, busy.json().message], [409, `remove v1: volume is in use - [${id}]`]);
  const names = async (filters: object) =>
    (await send('GET', `/volumes?${filter(filters)}`)).json().Volumes.map(({ Name }: { Name: string }) => Name);
  assert.deepEqual(await names({ dangling: { true: true } }), [anonymous.Name]);
  assert.deepEqual(await names({ name: ['^v'], label: ['a'] }), ['v1']);
  await engine.containers.remove(id);
  assert.equal((await send('DELETE', '/volumes/v1')).status, 204);
  assert.deepEqual((await send('DELETE', '/volumes/v1')).json(), { message: 'get v1: no such volume' });
  assert.equal((await send('DELETE', '/volumes/v1?force=1')).status, 204);
  assert.equal((await send('GET', '/volumes/v1')).status, 404);
  assert.deepEqual((await send('GET', `/volumes?${filter({ name: ['none'] })}`)).json(), {
    Volumes: [],
    Warnings: null,
  });
});

test('from 1.42 on a prune leaves volumes that have a name, unless all is said', needs, async (t) => {
  const { send } = await openApi(t);
  const make = async (name?: string) =>
    (await send('POST', '/volumes/create', { body: { Name: name, Labels: { mine: '' } } })).json().Name;
  const prune = async (version: string, filters: object = {}) =>
    (await send('POST', `/${version}/volumes/prune?${filter(filters)}`)).json();
  await make('v1');
  const anonymous = await make();
  assert.deepEqual(await prune('v1.42', { label: ['other'] }), { VolumesDeleted: [], SpaceReclaimed: 0 });
  assert.deepEqual(await prune('v1.42'), { VolumesDeleted: [anonymous], SpaceReclaimed: 0 });
  assert.deepEqual((await prune('v1.51', { all: ['true'] })).VolumesDeleted, ['v1']);
  await make('v2');
  assert.deepEqual((await prune('v1.41')).VolumesDeleted, ['v2']);
});

test('there are no volumes of a cluster', needs, async (t) => {
  const { send } = await openApi(t);
  const update = await send('PUT', '/volumes/v1?version=1', { body: { Spec: {} } });
  assert.equal(update.status, 503);
  const message = 'volume update only valid for cluster volumes, but swarm is unavailable';
  assert.deepEqual(update.json(), { message });
  assert.equal((await send('POST', '/volumes/create', { body: { ClusterVolumeSpec: {} } })).status, 503);
});
