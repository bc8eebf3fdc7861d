import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ApiRequestOptions, type ApiWorld, openApi } from '../support/api.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';

type Row = readonly [request: string, options?: ApiRequestOptions];

const LONG = 'x'.repeat(300);
const HEX = 'a'.repeat(64);
const json = (body: unknown): ApiRequestOptions => ({ body: body as object });
const raw = (body: string | Uint8Array, type = 'application/json'): ApiRequestOptions => ({
  body,
  headers: { 'Content-Type': type },
});
const auth = (text: string): ApiRequestOptions => ({ headers: { 'X-Registry-Auth': text } });
const filters = (value: unknown): string => `filters=${encodeURIComponent(JSON.stringify(value))}`;
const NO_AUTH = auth('e30');

/** What no route's filters can be. */
const BAD_FILTERS: readonly string[] = [
  'filters={',
  'filters=[]',
  'filters=1',
  'filters="x"',
  filters({ nonsense: ['x'] }),
  filters({ label: 'x' }),
  filters({ label: { x: 1 } }),
  filters({ label: [1] }),
];

const FILTERED: readonly string[] = [
  'GET /images/json',
  'POST /images/prune',
  'GET /images/search?term=x&',
  'GET /networks',
  'POST /networks/prune',
  'GET /volumes',
  'POST /volumes/prune',
  'POST /build/prune',
];

/** What is no JSON of an object, for every route that has a body. */
const BAD_BODIES: readonly ApiRequestOptions[] = [
  {},
  raw(''),
  raw('{'),
  raw('[]'),
  raw('"x"'),
  raw('1'),
  raw('{}{}'),
  raw('{}', 'text/plain'),
  raw('{}', ''),
  raw(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
];

const WITH_BODY: readonly string[] = [
  'POST /networks/create',
  'POST /networks/mine/connect',
  'POST /networks/mine/disconnect',
  'POST /volumes/create',
  'POST /auth',
];

const pool = (config: object): ApiRequestOptions => json({ Name: 'n', IPAM: { Config: [config] } });
const SUBNET = '10.231.9.0/24';

const ROWS: readonly Row[] = [
  ...FILTERED.flatMap((route) =>
    BAD_FILTERS.map((query): Row => [`${route}${route.endsWith('&') ? '' : '?'}${query}`]),
  ),
  ...WITH_BODY.flatMap((route) => BAD_BODIES.map((body): Row => [route, body])),
  // Paths and versions.
  ['GET /v9.99/images/json'],
  ['GET /v1.1/images/json'],
  ['GET /v2.0/images/json'],
  ['GET /images/%zz/json'],
  ['GET /nowhere'],
  ['PUT /images/json'],
  ['POST /images'],
  ['DELETE /networks'],
  ['PATCH /volumes/mine'],
  // Images.
  ['GET /images//json'],
  ['GET /images/UPPER/json'],
  ['GET /images/a:b:c/json'],
  [`GET /images/${LONG}/json`],
  [`GET /images/${HEX}/json`],
  ['GET /images/busybox@sha256:1/json'],
  ['GET /images/busybox/json?platform=linux'],
  ['GET /images/busybox/json?platform={}'],
  [`GET /images/busybox/json?platform=${encodeURIComponent('{"os":1}')}`],
  [`GET /images/busybox/history?platform=${encodeURIComponent('{"os":"linux"}')}`],
  ['GET /images/no/such/image/history'],
  [`GET /images/json?${filters({ dangling: ['maybe'] })}`],
  [`GET /images/json?${filters({ before: ['nosuch'] })}`],
  [`GET /images/json?${filters({ until: ['yesterday'] })}`],
  [`GET /images/json?${filters({ until: ['1h', '2h'] })}`],
  [`POST /images/prune?${filters({ dangling: ['maybe'] })}`],
  [`POST /images/prune?${filters({ dangling: ['true', 'false'] })}`],
  [`POST /images/prune?${filters({ until: ['x'] })}`],
  ['POST /images/busybox/tag'],
  ['POST /images/busybox/tag?repo=UPPER'],
  ['POST /images/busybox/tag?repo=a&tag=b/c'],
  [`POST /images/busybox/tag?repo=a&tag=${LONG}`],
  [`POST /images/busybox/tag?repo=${HEX}`],
  [`POST /images/busybox/tag?repo=a&tag=sha256:${HEX}`],
  [`POST /images/busybox/tag?repo=a@sha256:${HEX}`],
  ['POST /images/nosuch/tag?repo=a'],
  ['DELETE /images/%20'],
  ['DELETE /images/nosuch'],
  ['DELETE /images/busy'],
  ['DELETE /images/:'],
  ['GET /images/search'],
  ['GET /images/search?term=x&limit=101'],
  ['GET /images/search?term=x&limit=-1'],
  ['GET /images/search?term=x&limit=many'],
  [`GET /images/search?term=x&${filters({ stars: ['many'] })}`],
  [`GET /images/search?term=x&${filters({ 'is-official': ['maybe'] })}`],
  ['GET /images/get'],
  ['GET /images/get?names='],
  ['GET /images/get?names=nosuch'],
  ['GET /images/get?names=busybox&platform=x'],
  ['GET /images/nosuch/get'],
  ['POST /images/load'],
  ['POST /images/load', raw('no tar at all', 'application/x-tar')],
  ['POST /images/load', raw(makeTar([{ path: 'x', content: 'y' }]), 'application/x-tar')],
  ['POST /images/load', raw(makeTar([{ path: 'manifest.json', content: '{' }]), 'application/x-tar')],
  ['POST /images/load', raw(makeTar([{ path: 'manifest.json', content: '[{}]' }]), 'application/x-tar')],
  ['POST /images/load?platform=x', raw(makeTar([]), 'application/x-tar')],
  // Pulls, pushes and imports.
  ['POST /images/create'],
  ['POST /images/create?fromImage=UPPER'],
  ['POST /images/create?fromImage=a&tag=b/c'],
  ['POST /images/create?fromImage=a&tag=1&platform=linux/a/b/c'],
  ['POST /images/create?fromImage=a&tag=1', auth('%%%')],
  ['POST /images/create?fromImage=a&tag=1', auth('bm8ganNvbg')],
  ['POST /images/create?fromImage=a&tag=1', auth(Buffer.from('{"username":1}').toString('base64url'))],
  ['POST /images/create?fromImage=a&tag=1', auth(Buffer.from('{"auth":"x"}').toString('base64url'))],
  ['POST /images/create?fromSrc=-&repo=UPPER', raw(makeTar([]), 'application/x-tar')],
  ['POST /images/create?fromSrc=-&repo=new&changes=NONSENSE+x', raw(makeTar([]), 'application/x-tar')],
  ['POST /images/create?fromSrc=-&repo=new&platform=a/b/c/d', raw(makeTar([]), 'application/x-tar')],
  ['POST /images/create?fromSrc=-&repo=new', raw('no tar at all', 'application/x-tar')],
  ['POST /images/busybox/push'],
  ['POST /images/busybox/push', auth('%%%')],
  ['POST /images/busybox/push?tag=b/c', NO_AUTH],
  ['POST /images/nosuch/push?tag=1', NO_AUTH],
  ['POST /images/busybox/push?tag=2', NO_AUTH],
  [`POST /images/busybox@sha256:${HEX}/push`, NO_AUTH],
  // Networks.
  ['GET /networks/nosuch'],
  ['GET /networks/mine?verbose=maybe'],
  ['GET /networks/mine?scope=swarm'],
  [`GET /networks?${filters({ type: ['odd'] })}`],
  [`GET /networks?${filters({ dangling: ['maybe'] })}`],
  [`POST /networks/prune?${filters({ until: ['x'] })}`],
  ['POST /networks/create', json({})],
  ['POST /networks/create', json({ Name: 1 })],
  ['POST /networks/create', json({ Name: LONG })],
  ['POST /networks/create', json({ Name: 'mine' })],
  ['POST /networks/create', json({ Name: 'bridge' })],
  ['POST /networks/create', json({ Name: '../x' })],
  ['POST /networks/create', json({ Name: 'n', Driver: 'nosuch' })],
  ['POST /networks/create', json({ Name: 'n', Driver: 'host' })],
  ['POST /networks/create', json({ Name: 'n', Driver: 'overlay' })],
  ['POST /networks/create', json({ Name: 'n', Scope: 'swarm' })],
  ['POST /networks/create', json({ Name: 'n', Ingress: true })],
  ['POST /networks/create', json({ Name: 'n', EnableIPv4: false })],
  ['POST /networks/create', json({ Name: 'n', EnableIPv6: 'yes' })],
  ['POST /networks/create', json({ Name: 'n', Labels: ['a'] })],
  ['POST /networks/create', json({ Name: 'n', Options: { a: 1 } })],
  ['POST /networks/create', json({ Name: 'n', Options: { 'com.docker.network.driver.mtu': 'x' } })],
  ['POST /networks/create', json({ Name: 'n', Options: { 'com.docker.network.bridge.name': 'lo' } })],
  ['POST /networks/create', json({ Name: 'n', IPAM: [] })],
  ['POST /networks/create', json({ Name: 'n', IPAM: { Driver: 'nosuch' } })],
  ['POST /networks/create', json({ Name: 'n', IPAM: { Config: {} } })],
  ['POST /networks/create', pool({ Subnet: 'x' })],
  ['POST /networks/create', pool({ Subnet: 1 })],
  ['POST /networks/create', pool({ Subnet: '10.231.9.1/24' })],
  ['POST /networks/create', pool({ Gateway: '10.231.9.1' })],
  ['POST /networks/create', pool({ Subnet: SUBNET, Gateway: '10.232.0.1' })],
  ['POST /networks/create', pool({ Subnet: SUBNET, Gateway: '10.231.9.0' })],
  ['POST /networks/create', pool({ Subnet: SUBNET, IPRange: '10.0.0.0/8' })],
  ['POST /networks/create', pool({ Subnet: SUBNET, AuxiliaryAddresses: { a: 'x' } })],
  ['DELETE /networks/nosuch'],
  ['DELETE /networks/host'],
  ['POST /networks/nosuch/connect', json({ Container: 'c1' })],
  ['POST /networks/mine/connect', json({ Container: 1 })],
  ['POST /networks/mine/connect', json({ Container: ' ' })],
  ['POST /networks/mine/connect', json({ Container: 'nosuch' })],
  ['POST /networks/mine/connect', json({ Container: 'c1', EndpointConfig: 'x' })],
  ['POST /networks/mine/connect', json({ Container: 'c1', EndpointConfig: { MacAddress: 'x' } })],
  ['POST /networks/mine/connect', json({ Container: 'c1', EndpointConfig: { IPAMConfig: { IPv4Address: 'x' } } })],
  ['POST /networks/mine/connect', json({ Container: 'c1', EndpointConfig: { Aliases: 'x' } })],
  ['POST /networks/mine/connect', json({ Container: 'c1', EndpointConfig: { GwPriority: 1.5 } })],
  ['POST /networks/mine/disconnect', json({ Container: 'c1' })],
  ['POST /networks/mine/disconnect', json({ Container: 'c1', Force: 'yes' })],
  ['POST /networks/nosuch/disconnect', json({ Container: 'c1' })],
  // Volumes.
  ['GET /volumes/nosuch'],
  ['GET /volumes/%2e%2e'],
  ['DELETE /volumes/nosuch'],
  [`GET /volumes?${filters({ dangling: ['maybe'] })}`],
  [`POST /volumes/prune?${filters({ until: ['1h'] })}`],
  [`POST /volumes/prune?${filters({ all: ['maybe'] })}`],
  [`POST /v1.41/volumes/prune?${filters({ all: ['true'] })}`],
  ['POST /volumes/create', json({ Name: 'a' })],
  ['POST /volumes/create', json({ Name: '../x' })],
  ['POST /volumes/create', json({ Name: LONG })],
  ['POST /volumes/create', json({ Name: 1 })],
  ['POST /volumes/create', json({ Name: 'new', Driver: 'nosuch' })],
  ['POST /volumes/create', json({ Name: 'new', DriverOpts: { odd: 'x' } })],
  ['POST /volumes/create', json({ Name: 'new', DriverOpts: { type: 'tmpfs' } })],
  ['POST /volumes/create', json({ Name: 'new', Labels: 'x' })],
  // The engine, registries, and what is not here.
  ['GET /events?since=yesterday'],
  ['GET /events?since=20&until=10'],
  ['GET /events?filters={'],
  ['GET /system/df?type=odd'],
  ['POST /auth', json({ username: 1 })],
  ['POST /auth', json({ username: 'u', password: 'p', serveraddress: 'not a host' })],
  ['GET /distribution/UPPER/json'],
  ['GET /distribution/a/json', auth('%%%')],
  ['POST /build/prune?keep-storage=much'],
  ['GET /plugins?filters={'],
  ['GET /plugins/nosuch/json'],
];

test(
  'what is malformed is refused with a message, at once, and changes nothing',
  requires('root', 'overlay', 'command:busybox', 'command:ip'),
  async (t) => {
    const world = await openApi(t);
    const { send, engine, warnings } = world;
    await engine.networks.create({ name: 'mine' });
    await engine.volumes.create({ name: 'mine' });
    await engine.containers.create({ image: 'busybox', name: 'c1', command: ['sleep', '1000'] });
    const before = await readState(world);
    const odd: string[] = [];
    for (const [request, options] of ROWS) {
      const [method = '', path = ''] = request.split(' ');
      const { status, headers, text } = await send(method, path, options);
      const isRefused = status >= 400 && status < 500 && headers['content-type'] === 'application/json';
      if (!isRefused || !/^\{"message":".+"\}\n$/.test(text)) odd.push(`${request} ${status} ${text}`);
    }
    assert.deepEqual(odd, []);
    assert.deepEqual(await readState(world), before);
    assert.deepEqual(warnings, []);
    assert.equal(ROWS.length >= 200, true, String(ROWS.length));
    // The server is as well as before.
    assert.equal((await send('GET', '/_ping')).text, 'OK');
  },
);

async function readState({ engine, options }: ApiWorld): Promise<object> {
  const [images, networks, volumes, containers] = await Promise.all([
    engine.images.list(),
    engine.networks.list(),
    engine.volumes.list(),
    engine.containers.list({ all: true }),
  ]);
  const list = (path: string) => readdirSync(join(options.root, path), { recursive: true });
  return { images, networks, volumes, containers, content: list('content'), folders: list('volumes') };
}
