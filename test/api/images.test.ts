import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiWorld, openApi } from '../support/api.js';
import { makeDockerArchive } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:busybox');

async function importImage({ send }: ApiWorld, repo: string, query = ''): Promise<string> {
  const body = makeTar([{ path: 'file', content: repo }]);
  const { status, lines } = await send('POST', `/images/create?fromSrc=-&repo=${repo}${query}`, { body });
  assert.equal(status, 200);
  return lines()[0].status;
}

test('images are listed as each version of the API has them', needs, async (t) => {
  const world = await openApi(t);
  const { send } = world;
  const id = await importImage(world, 'small', '&tag=1&changes=LABEL+a=b');
  const list = async (query: string, version = 'v1.51') =>
    (await send('GET', `/${version}/images/json${query}`)).json();
  const [small, ...others] = await list('');
  assert.equal(others.length, 1);
  assert.deepEqual(
    { ...small, Created: 0, Size: 0 },
    {
      ...{ Containers: 0, Created: 0, Id: id, Labels: { a: 'b' }, ParentId: '' },
      ...{ RepoDigests: [], RepoTags: ['small:1'], SharedSize: -1, Size: 0 },
    },
  );
  assert.equal(small.Size, 5);
  await world.engine.containers.create({ image: 'small:1', command: ['x'] });
  assert.equal((await list(''))[0].Containers, 1);
  assert.equal((await list('', 'v1.50'))[0].Containers, -1);
  const [old] = await list('?all=1&digests=1', 'v1.43');
  assert.equal(old.VirtualSize, 5);
  assert.equal('VirtualSize' in small, false);
  assert.equal((await list('?shared-size=1'))[0].SharedSize, 0);
  const names = async (filters: object) =>
    (await list(`?filters=${encodeURIComponent(JSON.stringify(filters))}`)).map(
      ({ RepoTags }: { RepoTags: string[] }) => RepoTags[0],
    );
  assert.deepEqual(await names({ label: ['a=b'] }), ['small:1']);
  assert.deepEqual(await names({ reference: { 'sm*:*': true } }), ['small:1']);
  assert.deepEqual(await names({ before: ['small:1'] }), ['busybox:latest']);
  assert.deepEqual(await names({ dangling: ['true'] }), []);
  assert.deepEqual(await names({ until: ['1h'] }), []);
  assert.deepEqual(await names({ until: ['2100-01-01'] }), ['small:1', 'busybox:latest']);
});

test('an image without a name is listed with Docker words for it below 1.43', needs, async (t) => {
  const world = await openApi(t);
  await importImage(world, 'other');
  await importImage(world, 'small');
  await world.send('POST', '/images/other/tag?repo=small');
  const rows = async (version: string) =>
    (await world.send('GET', `/${version}/images/json?filters={"dangling":["true"]}`)).json();
  const [now] = await rows('v1.43');
  assert.deepEqual([now.RepoTags, now.RepoDigests], [[], []]);
  const [before] = await rows('v1.42');
  assert.deepEqual([before.RepoTags, before.RepoDigests], [['<none>:<none>'], ['<none>@<none>']]);
});

test('an image is inspected by name, id and prefix, and as older clients know it', needs, async (t) => {
  const { send } = await openApi(t);
  const image = (await send('GET', '/images/busybox/json')).json();
  assert.deepEqual(image.RepoTags, ['busybox:latest']);
  assert.equal(image.Config.Env.includes('FROM_IMAGE=yes'), true);
  for (const name of ['busybox:latest', 'docker.io/library/busybox', image.Id, image.Id.slice(7, 19)]) {
    assert.equal((await send('GET', `/images/${name}/json`)).json().Id, image.Id, name);
  }
  for (const key of ['VirtualSize', 'Container', 'ContainerConfig']) assert.equal(key in image, false, key);
  assert.equal('Hostname' in image.Config, false);
  const older = (await send('GET', '/v1.43/images/busybox/json')).json();
  assert.equal(older.VirtualSize, image.Size);
  assert.equal(older.Config.Hostname, '');
  assert.equal(older.ContainerConfig.Volumes, null);
  assert.equal('ContainerConfig' in (await send('GET', '/v1.45/images/busybox/json')).json(), false);
  const missing = await send('GET', '/images/nosuch/json');
  assert.equal(missing.status, 404);
  assert.deepEqual(missing.json(), { message: 'No such image: nosuch:latest' });
  const foreign = encodeURIComponent('{"os":"linux","architecture":"riscv64"}');
  assert.equal((await send('GET', `/images/busybox/json?platform=${foreign}`)).status, 404);
});

test('the history of an image begins with what was done last', needs, async (t) => {
  const world = await openApi(t);
  const id = await importImage(world, 'small', '&message=my+words');
  const [entry, ...more] = (await world.send('GET', '/images/small/history')).json();
  assert.deepEqual(more, []);
  assert.deepEqual(
    { ...entry, Created: 0 },
    { Comment: 'my words', Created: 0, CreatedBy: '', Id: id, Size: 5, Tags: ['small:latest'] },
  );
});

test('a tag is given, moved and taken, and the image goes with the last', needs, async (t) => {
  const world = await openApi(t);
  const { send } = world;
  const id = await importImage(world, 'small');
  const tagged = await send('POST', '/images/small/tag?repo=localhost:5000/team/app&tag=v1');
  assert.deepEqual([tagged.status, tagged.text], [201, '']);
  const untagged = await send('DELETE', '/images/small');
  assert.deepEqual([untagged.status, untagged.json()], [200, [{ Untagged: 'small:latest' }]]);
  const removed = (await send('DELETE', '/images/localhost:5000/team/app:v1')).json();
  assert.deepEqual(removed.slice(0, 2), [{ Untagged: 'localhost:5000/team/app:v1' }, { Deleted: id }]);
  assert.match(removed[2].Deleted, /^sha256:/);
  assert.equal((await send('DELETE', '/images/small')).status, 404);
});

test('an image that a container has is not removed, and force takes its names alone', needs, async (t) => {
  const { send, engine } = await openApi(t);
  const { id } = await engine.containers.create({ image: 'busybox', command: ['true'] });
  const refused = await send('DELETE', '/images/busybox');
  assert.equal(refused.status, 409);
  assert.match(
    refused.json().message,
    /conflict: unable to remove repository reference "busybox:latest" \(must force\)/,
  );
  assert.match(refused.json().message, new RegExp(id.slice(0, 12)));
  const forced = await send('DELETE', '/images/busybox?force=1&noprune=1');
  assert.deepEqual(forced.json(), [{ Untagged: 'busybox:latest' }]);
});

test('a prune removes what has no name, and with dangling=false what no container has', needs, async (t) => {
  const world = await openApi(t);
  const prune = async (filters: object) => {
    const path = `/images/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`;
    return (await world.send('POST', path)).json();
  };
  assert.deepEqual(await prune({ dangling: ['true'] }), { ImagesDeleted: null, SpaceReclaimed: 0 });
  const other = await importImage(world, 'other');
  await importImage(world, 'small', '&changes=LABEL+keep=1');
  await world.send('POST', '/images/small/tag?repo=other');
  const first = await prune({});
  assert.equal(first.ImagesDeleted[0].Deleted, other);
  assert.equal(first.SpaceReclaimed > 0, true);
  assert.equal((await prune({ dangling: { false: true }, until: ['1h'] })).ImagesDeleted, null);
  const all = await prune({ dangling: { false: true }, 'label!': ['keep'] });
  assert.deepEqual(all.ImagesDeleted[0], { Untagged: 'busybox:latest' });
  assert.equal((await world.send('GET', '/images/json')).json().length, 1);
});

test('what is saved is loaded again, with the names and the ids that it had', needs, async (t) => {
  const world = await openApi(t);
  const { send } = world;
  const id = await importImage(world, 'small');
  const one = await send('GET', '/images/small/get');
  assert.equal(one.headers['content-type'], 'application/x-tar');
  const both = await send('GET', '/images/get?names=small&names=busybox');
  assert.equal(both.body.length > one.body.length, true);
  await send('DELETE', '/images/small');
  const loaded = await send('POST', '/images/load', { body: both.body });
  assert.equal(loaded.headers['content-type'], 'application/json');
  assert.deepEqual(loaded.lines(), [
    { stream: 'Loaded image: small:latest\n' },
    { stream: 'Loaded image: busybox:latest\n' },
  ]);
  assert.equal((await send('GET', '/images/small/json')).json().Id, id);
  await send('DELETE', '/images/small');
  const steps = (await send('POST', '/images/load?quiet=0', { body: one.body })).lines();
  const [first] = steps;
  assert.equal(first.status, 'Loading layer');
  assert.match(first.id, /^[0-9a-f]{12}$/);
  assert.equal(typeof first.progressDetail.current, 'number');
  assert.equal(steps.at(-1).stream, 'Loaded image: small:latest\n');
});

test('an archive that is none is refused, and of one that breaks later the last line says so', needs, async (t) => {
  const { send, warnings } = await openApi(t);
  const refused = await send('POST', '/images/load', { body: makeTar([{ path: 'x', content: 'y' }]) });
  assert.equal(refused.status, 400);
  assert.match(refused.json().message, /neither manifest\.json nor index\.json/);
  const good = makeDockerArchive([makeTar([{ path: 'a', content: 'a' }])], ['good:1']);
  assert.equal((await send('POST', '/images/load', { body: good })).status, 200);
  const layers = [makeTar([{ path: 'b', content: 'b' }])];
  const bad = makeDockerArchive([...layers, Buffer.from('no tar at all')], ['bad:1']);
  const broken = await send('POST', '/images/load?quiet=0', { body: bad });
  const last = broken.status === 200 ? broken.lines().at(-1) : broken.json();
  assert.match(last.error ?? last.message, /./);
  assert.equal((await send('GET', '/images/bad:1/json')).status, 404);
  assert.deepEqual(warnings, []);
});
