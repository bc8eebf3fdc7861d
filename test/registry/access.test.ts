import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { openFreshFile } from '../../src/engine/registry/server/access/fresh-file.js';
import { parseHtpasswd } from '../../src/engine/registry/server/access/htpasswd.js';
import { parsePermissions } from '../../src/engine/registry/server/access/permissions.js';
import { compileGlob } from '../../src/model/glob.js';
import type { RegistryOptions } from '../../src/model/registry-options.js';
import { OCI_MANIFEST, OCTETS, openRegistry, pushImage, type RegistryWorld, randomBlob } from '../support/registry.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const USERS = ['ann', 'bob', 'eve'].map((user) => `${user}:${hashSync(`${user}:pass`, 4)}`).join('\n');

const RULES = `
groups:
  team: [ann, bob]
rules:
  - users: [anonymous]
    repositories: ["public/**"]
    allow: [pull]
  - users: ["@team"]
    repositories: ["team/*"]
    allow: [pull, push]
  - users: [ann]
    repositories: ["**"]
    allow: [pull, push, delete]
`;

async function openWithUsers(t: TestContext, rules?: string, options: Partial<RegistryOptions> = {}) {
  const folder = makeTemporaryFolder(t);
  const passwordFile = join(folder, 'htpasswd');
  writeFileSync(passwordFile, USERS);
  const permissionsFile = rules === undefined ? undefined : join(folder, 'permissions.yaml');
  if (permissionsFile !== undefined) writeFileSync(permissionsFile, rules ?? '');
  return await openRegistry(t, { folder: join(folder, 'registry'), passwordFile, permissionsFile, ...options });
}

function as(user: string, password = `${user}:pass`) {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** The world as a user sees it. */
function worldOf(world: RegistryWorld, user: string): RegistryWorld {
  return {
    ...world,
    send: (method, path, ask = {}) => world.send(method, path, { ...ask, headers: { ...ask.headers, ...as(user) } }),
  };
}

test('with passwords, whoever comes without one is asked for it, and a wrong one is refused', async (t) => {
  const world = await openWithUsers(t);
  for (const path of ['/v2/', '/v2/_catalog', '/v2/a/tags/list']) {
    const asked = await world.send('GET', path);
    assert.deepEqual([asked.status, asked.codes()], [401, ['UNAUTHORIZED']], path);
    assert.equal(asked.headers['www-authenticate'], 'Basic realm="Gantry registry"');
  }
  for (const headers of [as('ann', 'wrong'), as('nobody', 'ann:pass'), { Authorization: 'Basic ???' }, as('', '')]) {
    assert.equal((await world.send('GET', '/v2/', { headers })).status, 401);
  }
  assert.equal((await world.send('GET', '/v2/', { headers: as('ann') })).status, 200);
  assert.equal((await pushImage(worldOf(world, 'ann'), 'one')).digest.length, 71);
});

test('permissions say who may pull, push and delete which repository', async (t) => {
  const world = await openWithUsers(t, RULES);
  for (const repository of ['public/app', 'team/app', 'other/app']) {
    await pushImage(worldOf(world, 'ann'), 'one', { repository });
  }
  const statusOf = async (user: string, method: string, path: string) =>
    (await worldOf(world, user).send(method, path, { headers: { 'Content-Length': 0 } })).status;
  assert.equal(await statusOf('bob', 'GET', '/v2/team/app/manifests/one'), 200);
  assert.equal(await statusOf('bob', 'POST', '/v2/team/app/blobs/uploads/'), 202);
  assert.equal(await statusOf('bob', 'DELETE', '/v2/team/app/manifests/one'), 403);
  assert.equal(await statusOf('bob', 'GET', '/v2/other/app/manifests/one'), 403);
  assert.equal(await statusOf('bob', 'POST', '/v2/team/sub/app/blobs/uploads/'), 403);
  assert.equal(await statusOf('eve', 'GET', '/v2/team/app/tags/list'), 403);
  assert.equal(await statusOf('eve', 'GET', '/v2/public/app/manifests/one'), 200);
  assert.equal(await statusOf('eve', 'POST', '/v2/public/app/blobs/uploads/'), 403);
  assert.equal(await statusOf('ann', 'DELETE', '/v2/other/app/manifests/one'), 202);
  const denied = await worldOf(world, 'eve').send('GET', '/v2/team/app/tags/list');
  assert.deepEqual(denied.codes(), ['DENIED']);
});

test('the list of repositories has those that may be pulled', async (t) => {
  const world = await openWithUsers(t, RULES);
  for (const repository of ['public/app', 'team/app', 'team/b', 'other/app']) {
    await pushImage(worldOf(world, 'ann'), 'one', { repository });
  }
  const list = async (user: string) => (await worldOf(world, user).send('GET', '/v2/_catalog')).json().repositories;
  assert.deepEqual(await list('ann'), ['other/app', 'public/app', 'team/app', 'team/b']);
  assert.deepEqual(await list('bob'), ['public/app', 'team/app', 'team/b']);
  assert.deepEqual(await list('eve'), ['public/app']);
  const page = await worldOf(world, 'bob').send('GET', '/v2/_catalog?n=2');
  assert.deepEqual(page.json().repositories, ['public/app', 'team/app']);
  assert.match(String(page.headers['link']), /last=team%2Fapp/);
});

test('a blob is not mounted from a repository that may not be pulled', async (t) => {
  const world = await openWithUsers(t, RULES);
  const { layer } = await pushImage(worldOf(world, 'ann'), 'one', { repository: 'other/app' });
  for (const query of [`mount=${layer}&from=other/app`, `mount=${layer}`]) {
    const answer = await worldOf(world, 'bob').send('POST', `/v2/team/app/blobs/uploads/?${query}`, {
      headers: { 'Content-Length': 0 },
    });
    assert.equal(answer.status, 202, query);
  }
});

test('where something is public, who has no password gets a token, and with one more', async (t) => {
  const world = await openWithUsers(t, RULES);
  for (const repository of ['public/app', 'team/app']) await pushImage(worldOf(world, 'ann'), 'one', { repository });
  const asked = await world.send('GET', '/v2/');
  assert.equal(asked.status, 401);
  const realm = /^Bearer realm="([^"]+)",service="Gantry registry"$/.exec(
    String(asked.headers['www-authenticate']),
  )?.[1];
  assert.equal(realm, `${world.url}/token`);
  const login = async (headers: Record<string, string>) => {
    const { json } = await world.send('GET', `${realm}?service=x&scope=repository:a:pull`, { headers });
    return { Authorization: `Bearer ${json().token}` };
  };
  const anonymous = await login({});
  assert.equal((await world.send('GET', '/v2/', { headers: anonymous })).status, 200);
  assert.equal((await world.send('GET', '/v2/public/app/manifests/one', { headers: anonymous })).status, 200);
  const refused = await world.send('GET', '/v2/team/app/manifests/one', { headers: anonymous });
  assert.equal(refused.status, 401);
  assert.match(String(refused.headers['www-authenticate']), /scope="repository:team\/app:pull"$/);
  const bob = await login(as('bob'));
  assert.equal((await world.send('GET', '/v2/team/app/manifests/one', { headers: bob })).status, 200);
  assert.equal((await world.send('GET', String(realm), { headers: as('bob', 'wrong') })).status, 401);
  // Docker's client needs no token for what is public either.
  assert.equal((await world.send('GET', '/v2/public/app/manifests/one')).status, 200);
});

test('a token that somebody has changed or made is refused', async (t) => {
  const world = await openWithUsers(t, RULES);
  const { token } = (await world.send('GET', '/token')).json();
  const [, signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ user: 'ann', untilMs: Date.now() * 2 })).toString('base64url');
  for (const forged of [`${payload}.${signature}`, `${payload}.`, payload, 'x', `${token}x.y`]) {
    const { status } = await world.send('GET', '/v2/', { headers: { Authorization: `Bearer ${forged}` } });
    assert.equal(status, 401, forged);
  }
});

test('what a client says of its host does not get into the challenge unless it is one', async (t) => {
  const world = await openWithUsers(t, RULES);
  const { headers } = await world.send('GET', '/v2/', { headers: { Host: 'a",realm="http://evil' } });
  assert.match(String(headers['www-authenticate']), /^Bearer realm="http:\/\/localhost:\d+\/token"/);
  const behind = await openWithUsers(t, RULES, { publicUrl: 'https://images.example.org/' });
  const asked = await behind.send('GET', '/v2/');
  assert.match(String(asked.headers['www-authenticate']), /^Bearer realm="https:\/\/images\.example\.org\/token"/);
});

test('a push that is refused is not sent: Expect: 100-continue is answered with 401 at once', async (t) => {
  const world = await openWithUsers(t);
  const { status, hasContinued } = await new Promise<{ status: number | undefined; hasContinued: boolean }>(
    (resolve, reject) => {
      let hasContinued = false;
      const headers = { Expect: '100-continue', 'Content-Length': 1_000_000 };
      const asked = request(`${world.url}/v2/a/blobs/uploads/?digest=x`, { method: 'POST', headers, agent: false });
      asked.on('continue', () => {
        hasContinued = true;
      });
      asked.on('response', (response) => {
        resolve({ status: response.statusCode, hasContinued });
        asked.destroy();
      });
      asked.on('error', reject);
      asked.flushHeaders();
    },
  );
  assert.deepEqual([status, hasContinued], [401, false]);
});

test('Expect: 100-continue is answered before the body of a push that is taken', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const { bytes, digest } = randomBlob();
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { ...OCTETS, Expect: '100-continue', 'Content-Length': bytes.length };
    const path = `${world.url}/v2/a/blobs/uploads/?digest=${digest}`;
    const asked = request(path, { method: 'POST', headers, agent: false });
    asked.on('continue', () => asked.end(bytes));
    asked.on('response', (response) => resolve(response.resume().statusCode));
    asked.on('error', reject);
    asked.flushHeaders();
  });
  assert.equal(status, 201);
});

test('a read-only registry gives what it has and takes nothing', async (t) => {
  const folder = join(makeTemporaryFolder(t), 'registry');
  const open = await openRegistry(t, { folder });
  const image = await pushImage(open, 'one', { repository: 'a' });
  await open.stop();
  const world = await openRegistry(t, { folder, isReadOnly: true });
  assert.equal((await world.send('GET', '/v2/a/manifests/one')).body.toString(), image.text);
  for (const [method, path] of [
    ['POST', '/v2/a/blobs/uploads/'],
    ['PUT', '/v2/a/manifests/two'],
    ['DELETE', '/v2/a/manifests/one'],
    ['DELETE', `/v2/a/blobs/${image.layer}`],
  ] as const) {
    const answer = await world.send(method, path, { headers: { 'Content-Length': 0 } });
    assert.deepEqual([answer.status, answer.codes()], [405, ['UNSUPPORTED']], method);
  }
});

test('an immutable tag can be made and pushed again, and neither moved nor deleted', async (t) => {
  const world = await openRegistry(t, { immutableTags: ['v*', 'release/**:*'] });
  const image = await pushImage(world, 'v1', { repository: 'a' });
  const put = (path: string, body: string) =>
    world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body });
  assert.equal((await put('/v2/a/manifests/v1', image.text)).status, 201);
  const other = await pushImage(world, 'latest', { repository: 'a' });
  const moved = await put('/v2/a/manifests/v1', other.text);
  assert.deepEqual([moved.status, moved.codes()], [409, ['DENIED']]);
  assert.equal((await put(`/v2/a/manifests/${other.digest}?tag=x&tag=v1`, other.text)).status, 409);
  assert.equal((await world.send('GET', '/v2/a/manifests/x')).status, 404);
  assert.equal((await world.send('DELETE', '/v2/a/manifests/v1')).status, 409);
  assert.equal((await world.send('DELETE', `/v2/a/manifests/${image.digest}`)).status, 409);
  assert.equal((await world.send('GET', '/v2/a/manifests/v1')).body.toString(), image.text);
  await pushImage(world, 'latest', { repository: 'a' });
  await pushImage(world, 'latest', { repository: 'release/a' });
  await assert.rejects(pushImage(world, 'latest', { repository: 'release/a' }), /409/);
});

test('globs stay within a part of the name unless they are doubled', () => {
  const matches = (glob: string, name: string) => compileGlob(glob)(name);
  assert.ok(matches('team/*', 'team/app') && !matches('team/*', 'team/a/b') && !matches('team/*', 'team'));
  assert.ok(
    matches('team/**', 'team/a/b') && matches('**', 'a/b') && matches('**/app', 'app') && matches('**/app', 'x/y/app'),
  );
  assert.ok(matches('v?.*', 'v1.0') && !matches('v?.*', 'v1-0') && !matches('a.b', 'axb') && !matches('(a|b)', 'a'));
});

test('files of passwords and permissions that are wrong are refused with the place', () => {
  assert.throws(() => parseHtpasswd('ann:$apr1$x$y'), /line 1 is no bcrypt entry: make it with htpasswd -B/);
  assert.throws(() => parsePermissions('rules: [{users: [a], repositories: [b], allow: [fly]}]'), /rules\.0\.allow\.0/);
  assert.throws(() => parsePermissions('rule: []'), /is not what it must be/);
  assert.throws(() => parsePermissions('rules: [{users: ["@x"], repositories: [b], allow: [pull]}]'), /no group "x"/);
  assert.throws(() => parsePermissions('rules: ['), /flow sequence/i);
  const json = '{"rules":[{"users":["*"],"repositories":["a"],"allow":["pull"]}]}';
  const permissions = parsePermissions(json);
  assert.equal(permissions.may('ann', 'pull', 'a'), true);
  assert.equal(permissions.may(undefined, 'pull', 'a'), false);
});

test('a file is read again when it has changed, and what it said holds while it is wrong', (t) => {
  const path = join(makeTemporaryFolder(t), 'file');
  const warnings: string[] = [];
  let nowMs = 0;
  const parse = (text: string) => {
    if (text === 'wrong') throw new Error('no number');
    return Number(text);
  };
  writeFileSync(path, '1');
  const read = openFreshFile({ path, parse, nowMs: () => nowMs, warn: (line) => void warnings.push(line) });
  for (const [text, expected] of [
    ['22', 22],
    ['wrong', 22],
    ['333', 333],
  ] as const) {
    writeFileSync(path, text);
    nowMs += 1000;
    assert.equal(read(), expected);
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /cannot use .*file: no number: what it said before holds/);
});

test('a line of the access log is one line, whatever a client sends', async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  await world.send('GET', '/v2/', { headers: { 'User-Agent': 'a"b\\c' } });
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1', () => {
      socket.write('GET /v2/\x1b[31m"x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    });
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume();
  });
  await world.stop();
  assert.match(world.lines[0] ?? '', /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/v2\/ HTTP\/1\.1" 200 2 \d+ms "a\\"b\\\\c"$/);
  assert.ok(world.lines.every((line) => /^[\x20-\x7e]*$/.test(line)));
});
