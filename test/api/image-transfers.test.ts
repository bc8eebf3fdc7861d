import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openApi } from '../support/api.js';
import { answer, startFakeRegistry } from '../support/fake-registry.js';
import { openRegistry } from '../support/registry.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { waitFor } from '../support/wait-for.js';

const needs = requires('root', 'overlay', 'command:busybox');

function toAuth(value: object): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { 'X-Registry-Auth': Buffer.from(JSON.stringify(value)).toString('base64url') } };
}

const NO_AUTH = toAuth({});

test('an image goes to a registry and comes back, step by step in Docker words', needs, async (t) => {
  const { send, warnings } = await openApi(t);
  const host = new URL((await openRegistry(t)).url).host;
  const { Id: id } = (await send('GET', '/images/busybox/json')).json();
  await send('POST', `/images/busybox/tag?repo=${host}/team/bb&tag=1`);
  const pushed = await send('POST', `/images/${host}/team/bb/push?tag=1`, NO_AUTH);
  assert.equal(pushed.status, 200);
  assert.match(pushed.text, /^\{"status":"The push refers to repository \[127\.0\.0\.1:\d+\/team\/bb\]"\}\r\n/);
  const [first, ...steps] = pushed.lines();
  assert.deepEqual(Object.keys(first), ['status']);
  const statuses = steps.map(({ status }) => status);
  assert.equal(statuses.includes('Preparing') && statuses.includes('Pushed'), true, pushed.text);
  const { aux } = steps.at(-1);
  assert.deepEqual([aux.Tag, typeof aux.Size], ['1', 'number']);
  assert.equal(statuses.at(-2), `1: digest: ${aux.Digest} size: ${aux.Size}`);
  await send('DELETE', `/images/${host}/team/bb:1`);
  await send('DELETE', '/images/busybox');

  const pulled = await send('POST', `/images/create?fromImage=${host}/team/bb&tag=1`, NO_AUTH);
  assert.equal(pulled.headers['content-type'], 'application/json');
  const lines = pulled.lines();
  assert.deepEqual(lines[0], { status: 'Pulling from team/bb', id: '1' });
  const counted = lines.find(({ status }) => status === 'Downloading');
  assert.match(counted.id, /^[0-9a-f]{12}$/);
  assert.equal(counted.progressDetail.current <= counted.progressDetail.total, true);
  assert.match(counted.progress, /^\[=*> *\] +[\d.]+\w?B\/[\d.]+\w?B$/);
  assert.deepEqual(
    lines
      .filter(({ status }) => /^(Pulling fs|Pull complete)/.test(status))
      .map(({ progressDetail }) => progressDetail),
    [{}, {}],
  );
  assert.deepEqual(lines.slice(-2), [
    { status: `Digest: ${aux.Digest}` },
    { status: `Status: Downloaded newer image for ${host}/team/bb:1` },
  ]);
  assert.equal((await send('GET', `/images/${host}/team/bb:1/json`)).json().Id, id);
  const again = await send('POST', `/images/create?fromImage=${host}/team/bb:1`, NO_AUTH);
  assert.deepEqual(again.lines().at(-1), { status: `Status: Image is up to date for ${host}/team/bb:1` });
  const byDigest = await send('POST', `/images/create?fromImage=${host}/team/bb&tag=${aux.Digest}`, NO_AUTH);
  assert.deepEqual(byDigest.lines()[0], { status: 'Pulling from team/bb', id: aux.Digest });
  assert.deepEqual(warnings, []);
});

test('without a tag all tags come and go', needs, async (t) => {
  const { send } = await openApi(t);
  const host = new URL((await openRegistry(t)).url).host;
  for (const tag of ['1', '2']) await send('POST', `/images/busybox/tag?repo=${host}/bb&tag=${tag}`);
  const pushed = (await send('POST', `/images/${host}/bb/push`, NO_AUTH)).lines();
  assert.deepEqual(
    pushed.flatMap(({ aux }) => (aux === undefined ? [] : [aux.Tag])),
    ['1', '2'],
  );
  for (const tag of ['1', '2']) await send('DELETE', `/images/${host}/bb:${tag}`);
  const pulled = (await send('POST', `/images/create?fromImage=${host}/bb`, NO_AUTH)).lines();
  assert.deepEqual(
    pulled.flatMap(({ id, status }) => (/^Pulling from/.test(status) ? [id] : [])),
    ['1', '2'],
  );
  assert.deepEqual(
    pulled.flatMap(({ status }) => (/^Status/.test(status) ? [status] : [])),
    [`Status: Downloaded newer image for ${host}/bb`],
  );
  const { RepoTags: names } = (await send('GET', '/images/busybox/json')).json();
  assert.deepEqual(names, [`${host}/bb:1`, `${host}/bb:2`, 'busybox:latest']);
});

test('a pull that cannot begin has a status, one that breaks later has a last line', needs, async (t) => {
  const { send, warnings } = await openApi(t);
  const registry = await startFakeRegistry(t);
  const missing = await send('POST', `/images/create?fromImage=${registry.host}/app&tag=9`, NO_AUTH);
  assert.equal(missing.status, 404);
  assert.match(missing.json().message, /manifest for 127\.0\.0\.1:\d+\/app:9 not found/);
  const gone = await send('POST', '/images/create?fromImage=127.0.0.1:9/app&tag=1', NO_AUTH);
  assert.equal(gone.status, 503);
  assert.match(gone.json().message, /connection refused/);
  registry.add('1', [makeTar([{ path: 'a', content: 'a' }])]);
  const layer = [...registry.blobs.keys()].at(-1) ?? '';
  registry.blobs.delete(layer);
  const broken = await send('POST', `/images/create?fromImage=${registry.host}/app&tag=1`, NO_AUTH);
  assert.equal(broken.status, 200);
  const last = broken.lines().at(-1);
  assert.equal(last.error, last.errorDetail.message);
  assert.match(last.error, /blob unknown|not found/i);
  const untagged = await send('POST', `/images/nosuch/push?tag=1`, NO_AUTH);
  assert.deepEqual(
    [untagged.status, untagged.json().message],
    [404, 'An image does not exist locally with the tag: nosuch'],
  );
  assert.deepEqual(warnings, []);
});

test('what a client is logged in with reaches the registry, and nothing of the daemon does', needs, async (t) => {
  const { send } = await openApi(t);
  const registry = await startFakeRegistry(t);
  registry.add('1', [makeTar([{ path: 'a', content: 'a' }])]);
  const wanted = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  registry.hook = ({ headers }, response) =>
    headers.authorization === wanted
      ? undefined
      : answer(response, 401, { 'www-authenticate': 'Basic realm="test"' }, '{}');
  const pull = `/images/create?fromImage=${registry.host}/app&tag=1`;
  for (const options of [{}, NO_AUTH, toAuth({ username: 'me', password: 'wrong' })]) {
    const refused = await send('POST', pull, options);
    assert.equal(refused.status, 401, refused.text);
  }
  const auth = Buffer.from('me:secret').toString('base64');
  for (const value of [{ username: 'me', password: 'secret' }, { auth }, { Username: 'me', PASSWORD: 'secret' }]) {
    const pulled = await send('POST', pull, toAuth(value));
    assert.equal(pulled.status, 200, JSON.stringify(value));
    await send('DELETE', `/images/${registry.host}/app:1`);
  }
  const login = (password: string) =>
    send('POST', '/auth', { body: { username: 'me', password, serveraddress: registry.host } });
  assert.deepEqual((await login('secret')).json(), { IdentityToken: '', Status: 'Login Succeeded' });
  assert.equal((await login('wrong')).status, 401);
  // The login is the client's own affair.
  assert.equal((await send('POST', pull, NO_AUTH)).status, 401);
});

test('what a registry has is described without being fetched', needs, async (t) => {
  const { send } = await openApi(t);
  const registry = await startFakeRegistry(t);
  const digest = registry.add('1', [makeTar([{ path: 'a', content: 'a' }])]);
  const one = (await send('GET', `/distribution/${registry.host}/app:1/json`)).json();
  assert.equal(one.Descriptor.digest, digest);
  assert.equal(one.Descriptor.mediaType, 'application/vnd.oci.image.manifest.v1+json');
  assert.deepEqual(
    one.Platforms.map(({ os }: { os: string }) => os),
    ['linux'],
  );
  const { size, mediaType } = one.Descriptor;
  const platforms = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    { os: 'unknown', architecture: 'unknown' },
  ];
  const type = 'application/vnd.oci.image.index.v1+json';
  registry.put('all', type, {
    schemaVersion: 2,
    mediaType: type,
    manifests: platforms.map((platform) => ({ mediaType, size, digest, platform })),
  });
  const all = (await send('GET', `/distribution/${registry.host}/app:all/json`)).json();
  assert.deepEqual(all.Platforms, [
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm', os: 'linux', variant: 'v7' },
  ]);
  assert.equal((await send('GET', `/distribution/${registry.host}/app:2/json`)).status, 404);
  assert.equal((await send('GET', '/images/json')).json().length, 1);
});

test('a pull ends with the client that wanted it, and leaves nothing', needs, async (t) => {
  const { stream, send, options, warnings } = await openApi(t);
  const registry = await startFakeRegistry(t);
  registry.add('1', [makeTar([{ path: 'a', content: 'a' }])]);
  const layer = [...registry.blobs.keys()].at(-1) ?? '';
  let left: Promise<unknown> | undefined;
  registry.hook = ({ path }, response) => {
    if (!path.endsWith(layer)) return undefined;
    // The first byte alone, and then nothing more.
    response.writeHead(200, { 'content-length': registry.blobs.get(layer)?.length ?? 0 });
    response.write(registry.blobs.get(layer)?.subarray(0, 1));
    left = new Promise((resolve) => response.on('close', resolve));
    return true;
  };
  const answered = await stream('POST', `/images/create?fromImage=${registry.host}/app&tag=1`, NO_AUTH);
  await waitFor('the layer to be asked for', () => left !== undefined);
  answered.destroy();
  await left;
  const ingest = join(options.root, 'content/ingest');
  await waitFor('what came in to be removed', () => readdirSync(ingest).length === 0);
  assert.equal((await send('GET', `/images/${registry.host}/app:1/json`)).status, 404);
  assert.deepEqual(warnings, []);
});
