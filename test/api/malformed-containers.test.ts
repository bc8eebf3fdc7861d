import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type ApiRequestOptions, type ApiWorld, openApi } from '../support/api.js';
import {
  assertRefused,
  BAD_BODIES,
  BAD_FILTERS,
  filters,
  HEX,
  isMessage,
  json,
  LONG,
  type Row,
  raw,
  readState,
} from '../support/malformed.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:busybox');

const create = (body: object): Row => ['POST /containers/create', json({ Image: 'busybox', ...body })];
const host = (HostConfig: unknown): Row => create({ HostConfig });
const mount = (body: object): Row => host({ Mounts: [body] });
const place = (body: unknown): Row => create({ NetworkingConfig: { EndpointsConfig: { bridge: body } } });
const update = (body: object): Row => ['POST /containers/idle/update', json(body)];
const exec = (body: object, name = 'busy'): Row => [`POST /containers/${name}/exec`, json(body)];
const tar = (path: string, body: Uint8Array | string): Row => [
  `PUT /containers/idle/archive?path=${path}`,
  raw(body, 'application/x-tar'),
];

const FILTERED: readonly string[] = ['GET /containers/json', 'POST /containers/prune'];
const WITH_BODY: readonly string[] = ['POST /containers/create', 'POST /containers/busy/exec'];

/** Settings of a new container that have the wrong type. */
const MISTYPED: readonly Row[] = [
  create({ Image: 1 }),
  create({ Cmd: 5 }),
  create({ Cmd: [1] }),
  create({ Cmd: { a: 1 } }),
  create({ Entrypoint: [['sh']] }),
  create({ Env: 'A=1' }),
  create({ Env: [{}] }),
  create({ Labels: ['a'] }),
  create({ Labels: { a: 1 } }),
  create({ Tty: 'yes' }),
  create({ OpenStdin: 1 }),
  create({ Hostname: 7 }),
  create({ User: 0 }),
  create({ StopTimeout: '10' }),
  create({ StopTimeout: 1.5 }),
  create({ ExposedPorts: ['80/tcp'] }),
  create({ Volumes: ['/data'] }),
  create({ Healthcheck: 'true' }),
  create({ Healthcheck: { Test: 'true' } }),
  create({ Healthcheck: { Interval: '1s' } }),
  create({ HostConfig: [] }),
  create({ HostConfig: 'x' }),
  host({ Binds: '/a:/b' }),
  host({ Binds: [1] }),
  host({ Memory: '64m' }),
  host({ Memory: 1e30 }),
  host({ NanoCpus: 0.5 }),
  host({ PortBindings: [] }),
  host({ PortBindings: { '80/tcp': { HostPort: '80' } } }),
  host({ PortBindings: { '80/tcp': [{ HostPort: 80 }] } }),
  host({ RestartPolicy: 'always' }),
  host({ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: '3' } }),
  host({ LogConfig: { Type: 'json-file', Config: [] } }),
  host({ CapAdd: [1] }),
  host({ Ulimits: { nofile: 5 } }),
  host({ Ulimits: [{ Name: 'nofile', Soft: 'x' }] }),
  host({ Devices: ['/dev/null'] }),
  host({ Sysctls: [] }),
  host({ Tmpfs: ['/a'] }),
  host({ Mounts: {} }),
  host({ ConsoleSize: '80x24' }),
  host({ ConsoleSize: [-1, 80] }),
  host({ ConsoleSize: [1.5, 80] }),
  host({ ConsoleSize: [1e9, 80] }),
  mount({ Type: 1, Target: '/a' }),
  mount({ Type: 'bind', Source: '/tmp', Target: '/a', BindOptions: [] }),
  mount({ Type: 'volume', Target: '/a', VolumeOptions: { Labels: [] } }),
  mount({ Type: 'volume', Target: '/a', VolumeOptions: { DriverConfig: { Options: { a: 1 } } } }),
  mount({ Type: 'tmpfs', Target: '/a', TmpfsOptions: { SizeBytes: '1m' } }),
  create({ NetworkingConfig: [] }),
  create({ NetworkingConfig: { EndpointsConfig: [] } }),
  place('x'),
  place({ Aliases: 'x' }),
  place({ IPAMConfig: { IPv4Address: 1 } }),
];

/** Those of the right type that no container can have. */
const IMPOSSIBLE: readonly Row[] = [
  ['POST /containers/create', json({})],
  create({ Image: '' }),
  create({ Image: 'UPPER' }),
  create({ Image: 'nosuch' }),
  create({ Image: LONG }),
  create({ Image: HEX }),
  ['POST /containers/create?name=idle', json({ Image: 'busybox' })],
  ['POST /containers/create?name=a', json({ Image: 'busybox' })],
  ['POST /containers/create?name=../x', json({ Image: 'busybox' })],
  ['POST /containers/create?name=a%20b', json({ Image: 'busybox' })],
  ['POST /containers/create?platform=windows/amd64', json({ Image: 'busybox' })],
  ['POST /containers/create?platform=/', json({ Image: 'busybox' })],
  create({ Env: ['=x'] }),
  create({ Cmd: ['a\0b'] }),
  create({ Env: ['A=b\0c'] }),
  create({ WorkingDir: 'relative' }),
  create({ Hostname: 'a_b' }),
  create({ Hostname: LONG }),
  create({ StopSignal: 'NOSUCH' }),
  create({ ExposedPorts: { x: {} } }),
  create({ ExposedPorts: { '70000/tcp': {} } }),
  create({ Volumes: { relative: {} } }),
  create({ Healthcheck: { Test: ['ODD', 'x'] } }),
  create({ Healthcheck: { Test: ['CMD', 'x'], Interval: 5 } }),
  create({ Healthcheck: { Test: ['CMD', 'x'], Retries: -1 } }),
  create({ Healthcheck: { Test: ['CMD', 'x'], Timeout: -1_000_000_000 } }),
  create({ MacAddress: 'x' }),
  host({ Memory: 1_000_000 }),
  host({ Memory: 4 * 2 ** 20 - 1 }),
  host({ Memory: -5 }),
  host({ MemorySwap: 64 * 2 ** 20 }),
  host({ Memory: 64 * 2 ** 20, MemorySwap: 32 * 2 ** 20 }),
  host({ MemorySwappiness: 101 }),
  host({ NanoCpus: -1 }),
  host({ NanoCpus: 1e15 }),
  host({ NanoCpus: 1e9, CpuQuota: 50_000 }),
  host({ CpuQuota: 5 }),
  host({ CpuPeriod: 10 }),
  host({ CpusetCpus: 'x' }),
  host({ CpusetCpus: '9999' }),
  host({ BlkioWeight: 5000 }),
  host({ BlkioDeviceReadBps: [{ Path: '/dev/zero', Rate: -1 }] }),
  host({ BlkioDeviceReadBps: [{ Path: 'zero', Rate: 1 }] }),
  host({ Ulimits: [{ Name: 'odd', Soft: 1, Hard: 1 }] }),
  host({ Ulimits: [{ Name: 'nofile', Soft: 5, Hard: 1 }] }),
  host({ DeviceRequests: [{ Count: 1 }] }),
  host({ DeviceCgroupRules: ['x'] }),
  host({ Devices: [{ PathOnHost: '/dev/null', CgroupPermissions: 'q' }] }),
  host({ ShmSize: -1 }),
  host({ OomScoreAdj: 5000 }),
  host({ Sysctls: { 'kernel.hostname': 'x' } }),
  host({ NetworkMode: 'container:' }),
  host({ NetworkMode: 'host', PortBindings: { x: [] } }),
  host({ PortBindings: { '80/odd': [{ HostPort: '80' }] } }),
  host({ PortBindings: { '80/tcp': [{ HostPort: 'x' }] } }),
  host({ PortBindings: { '80/tcp': [{ HostPort: '70000' }] } }),
  host({ PortBindings: { '80/tcp': [{ HostIp: 'nowhere', HostPort: '80' }] } }),
  host({ PidMode: 'odd' }),
  host({ PidMode: 'container:' }),
  host({ IpcMode: 'odd' }),
  host({ UTSMode: 'odd' }),
  host({ UsernsMode: 'odd' }),
  host({ CgroupnsMode: 'odd' }),
  host({ Isolation: 'hyperv' }),
  host({ Runtime: 'kata' }),
  host({ StorageOpt: { size: '1G' } }),
  host({ CgroupParent: '../../x' }),
  host({ CapAdd: ['CAP_ODD'] }),
  host({ SecurityOpt: ['odd=1'] }),
  host({ SecurityOpt: ['seccomp={'] }),
  host({ ExtraHosts: ['x'] }),
  host({ ExtraHosts: ['a:nowhere'] }),
  host({ Dns: ['x'] }),
  host({ Links: ['nosuch:x'] }),
  host({ VolumesFrom: ['idle:odd'] }),
  host({ LogConfig: { Type: 'syslog' } }),
  host({ LogConfig: { Type: 'json-file', Config: { 'max-size': 'x' } } }),
  host({ LogConfig: { Type: 'json-file', Config: { 'max-file': '0' } } }),
  host({ RestartPolicy: { Name: 'odd' } }),
  host({ RestartPolicy: { Name: 'always', MaximumRetryCount: 3 } }),
  host({ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: -1 } }),
  host({ AutoRemove: true, RestartPolicy: { Name: 'always' } }),
  host({ Binds: [''] }),
  host({ Binds: ['/tmp:relative'] }),
  host({ Binds: ['/tmp:/a:odd'] }),
  host({ Binds: ['/tmp:/a', '/tmp:/a'] }),
  host({ Binds: ['x y:/a'] }),
  host({ Binds: ['/tmp:/'] }),
  host({ Tmpfs: { relative: '' } }),
  mount({}),
  mount({ Type: 'odd', Target: '/a' }),
  mount({ Type: 'bind', Target: '/a' }),
  mount({ Type: 'bind', Source: '/nosuch', Target: '/a' }),
  mount({ Type: 'bind', Source: 'relative', Target: '/a' }),
  mount({ Type: 'bind', Source: '/tmp', Target: '' }),
  mount({ Type: 'bind', Source: '/tmp', Target: '/a', BindOptions: { Propagation: 'odd' } }),
  mount({ Type: 'volume', Source: '../x', Target: '/a' }),
  mount({ Type: 'volume', Source: 'v', Target: '/a', VolumeOptions: { DriverConfig: { Name: 'odd' } } }),
  mount({ Type: 'tmpfs', Source: 'x', Target: '/a' }),
  mount({ Type: 'tmpfs', Target: '/a', TmpfsOptions: { SizeBytes: -1 } }),
  place({ IPAMConfig: { IPv4Address: 'x' } }),
  place({ IPAMConfig: { LinkLocalIPs: ['x'] } }),
  place({ MacAddress: 'x' }),
  create({ HostConfig: { NetworkMode: 'none' }, NetworkingConfig: { EndpointsConfig: { nosuch: {} } } }),
];

/** What is asked of containers that are there, and of some that are not. */
const VERBS: readonly Row[] = [
  ...['start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'wait', 'attach?stream=1&stdout=1', 'rename?name=x'].map(
    (verb): Row => [`POST /containers/nosuch/${verb}`],
  ),
  ...['json', 'top', 'logs?stdout=1', 'stats', 'changes', 'export', 'archive?path=/'].map(
    (look): Row => [`GET /containers/nosuch/${look}`],
  ),
  ['DELETE /containers/nosuch'],
  ['DELETE /containers/busy'],
  ['POST /containers/busy/start/'.replace('busy', '%zz')],
  ['POST /containers/%00/start'],
  [`GET /containers/${LONG}/json`],
  ['GET /containers/json?limit=x'],
  ['GET /containers/json?limit=1.5'],
  [`GET /containers/json?${filters({ status: ['odd'] })}`],
  [`GET /containers/json?${filters({ health: ['odd'] })}`],
  [`GET /containers/json?${filters({ exited: ['x'] })}`],
  [`GET /containers/json?${filters({ before: ['nosuch'] })}`],
  [`GET /containers/json?${filters({ since: ['nosuch'] })}`],
  [`POST /containers/prune?${filters({ until: ['x'] })}`],
  [`POST /containers/prune?${filters({ until: ['1h', '2h'] })}`],
  ['GET /v1.99/containers/json'],
  ['GET /v0.1/containers/json'],
  ['PUT /containers/json'],
  ['GET /containers/idle'],
  ['POST /containers/idle/odd'],
  ['POST /containers/idle/kill?signal=ODD'],
  ['POST /containers/busy/kill?signal=ODD'],
  ['POST /containers/busy/kill?signal=999'],
  ['POST /containers/busy/kill?signal=-1'],
  ['POST /containers/idle/kill'],
  ['POST /containers/busy/stop?t=x'],
  ['POST /containers/busy/stop?signal=ODD'],
  ['POST /containers/busy/restart?t=1.5'],
  ['POST /containers/busy/restart?signal=ODD'],
  ['POST /containers/idle/pause'],
  ['POST /containers/busy/unpause'],
  ['POST /containers/idle/rename'],
  ['POST /containers/idle/rename?name=a/b'],
  ['POST /containers/idle/rename?name=busy'],
  ['POST /containers/idle/rename?name=idle'],
  ['POST /containers/busy/resize'],
  ['POST /containers/busy/resize?h=x&w=80'],
  ['POST /containers/busy/resize?h=-1&w=80'],
  ['POST /containers/busy/resize?h=24&w=70000'],
  ['POST /containers/idle/resize?h=24&w=80'],
  ['POST /containers/busy/wait?condition=odd'],
  ['POST /containers/busy/attach?stream=1&stdout=1&detachKeys=odd-key'],
  ['GET /containers/busy/attach/ws'],
  ['GET /containers/busy/logs'],
  ['GET /containers/busy/logs?stdout=0'],
  ['GET /containers/busy/logs?stdout=1&since=yesterday'],
  ['GET /containers/busy/logs?stdout=1&until=1e9'],
  ['GET /containers/busy/logs?stdout=1&since=99999999999999999999'],
  ['GET /containers/busy/stats?stream=1&one-shot=1'],
  ['GET /containers/busy/top?ps_args=-o%20odd'],
  ['GET /containers/idle/top'],
  ...BAD_BODIES.filter(({ body }) => typeof body === 'string' && body !== '').map(
    (body): Row => ['POST /containers/idle/update', body],
  ),
  update({ Memory: 'x' }),
  update({ Memory: 1 }),
  update({ NanoCpus: 1e15 }),
  update({ CpusetCpus: 'x' }),
  update({ CpuPeriod: 1 }),
  update({ PidsLimit: 'x' }),
  update({ RestartPolicy: { Name: 'odd' } }),
  update({ BlkioWeight: 1 }),
  ['POST /containers/nosuch/update', json({ Memory: 64 * 2 ** 20 })],
];

const EXECS: readonly Row[] = [
  exec({}),
  exec({ Cmd: [] }),
  exec({ Cmd: [1] }),
  exec({ Cmd: { a: 1 } }),
  exec({ Cmd: ['a\0b'] }),
  exec({ Cmd: ['true'], Env: 'A=1' }),
  exec({ Cmd: ['true'], Tty: 'yes' }),
  exec({ Cmd: ['true'], AttachStdin: 1 }),
  exec({ Cmd: ['true'], User: 5 }),
  exec({ Cmd: ['true'], WorkingDir: {} }),
  exec({ Cmd: ['true'], ConsoleSize: [24, 80] }),
  exec({ Cmd: ['true'], Tty: true, ConsoleSize: [-1, 80] }),
  exec({ Cmd: ['true'], Tty: true, ConsoleSize: ['24', '80'] }),
  exec({ Cmd: ['true'], DetachKeys: 'odd-key' }),
  exec({ Cmd: ['true'] }, 'idle'),
  exec({ Cmd: ['true'] }, 'nosuch'),
  ['POST /exec/nosuch/start', json({})],
  [`POST /exec/${HEX}/start`, json({ Detach: true })],
  ['POST /exec/nosuch/resize?h=24&w=80'],
  ['GET /exec/nosuch/json'],
  ['GET /exec/%2e%2e/json'],
  ['POST /exec//start'],
];

const FILES: readonly Row[] = [
  ['GET /containers/idle/archive'],
  ['HEAD /containers/idle/archive'],
  ['PUT /containers/idle/archive'],
  ['GET /containers/idle/archive?path='],
  ['GET /containers/idle/archive?path=/nosuch'],
  ['GET /containers/idle/archive?path=/etc/passwd/x'],
  ['GET /containers/idle/archive?path=/a%00b'],
  [`GET /containers/idle/archive?path=/${LONG}`],
  tar('/nosuch', makeTar([{ path: 'a', content: 'x' }])),
  tar('/etc/passwd', makeTar([{ path: 'a', content: 'x' }])),
  tar('/a%00b', makeTar([{ path: 'a', content: 'x' }])),
  tar('/tmp', 'no tar at all'),
  tar('/tmp', new Uint8Array(5000).fill(7)),
  tar('/tmp', makeTar([{ path: 'a', content: 'x'.repeat(5000) }]).subarray(0, 2000)),
  tar('/tmp', makeTar([{ path: '../../escape', content: 'x' }])),
  tar('/tmp', Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3)),
  ['POST /commit'],
  ['POST /commit?container=nosuch'],
  ['POST /commit?container=idle&repo=UPPER'],
  ['POST /commit?container=idle&repo=a&tag=b/c'],
  ['POST /commit?container=idle&repo=a&changes=ODD%20x'],
  ['POST /commit?container=idle&repo=a', raw('{')],
  ['POST /commit?container=idle&repo=a', json({ Env: 'x' })],
  ['POST /commit?container=idle&repo=a', json({ Labels: [] })],
];

/** HEAD has no body. */
const isHead = ([request]: Row): boolean => request.startsWith('HEAD ');

const ROWS: readonly Row[] = [
  ...FILTERED.flatMap((route) => BAD_FILTERS.map((query): Row => [`${route}?${query}`])),
  ...WITH_BODY.flatMap((route) => BAD_BODIES.map((body): Row => [route, body])),
  ...MISTYPED,
  ...IMPOSSIBLE,
  ...VERBS,
  ...EXECS,
  ...FILES,
];

/** One that has been made, and one that runs. */
async function openTwo(t: Parameters<typeof openApi>[0]): Promise<ApiWorld> {
  const world = await openApi(t);
  const { containers } = world.engine;
  const config = { image: 'busybox', command: ['sleep', '1000'], namespaces: { network: 'none' } } as const;
  await containers.create({ ...config, name: 'idle' });
  await containers.create({ ...config, name: 'busy', tty: true });
  await containers.start('busy');
  return world;
}

test('what no container can be or do is refused with a message, at once, and changes nothing', needs, async (t) => {
  const world = await openTwo(t);
  await assertRefused(
    world,
    ROWS.filter((row) => !isHead(row)),
  );
  for (const [request] of ROWS.filter(isHead)) {
    const [method = '', path = ''] = request.split(' ');
    assert.equal((await world.send(method, path)).status, 400, request);
  }
  assert.ok(ROWS.length >= 280, String(ROWS.length));
});

/** What is no HTTP, or breaks off, as it goes over the wire. */
const BROKEN: readonly (readonly [what: string, bytes: string])[] = [
  ['no HTTP', 'garbage\r\n\r\n'],
  ['a method that there is not', 'ODD /containers/json HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a version of HTTP that there is not', 'GET /containers/json HTTP/9.9\r\nHost: x\r\n\r\n'],
  ['a line without a colon', 'GET /containers/json HTTP/1.1\r\nHost: x\r\nodd\r\n\r\n'],
  ['a header too large', `GET /containers/json HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`],
  ['a path too long', `GET /${'a'.repeat(200_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a path that is none', 'GET \x01 HTTP/1.1\r\nHost: x\r\n\r\n'],
  [
    'a length that is no number',
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n',
  ],
  ['two lengths', 'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  [
    'a length and chunks',
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
  ],
  [
    'a chunk whose size is no number',
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nodd\r\n',
  ],
  [
    'a chunk that is not as long as it says',
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"Image":1}\r\n0\r\n\r\n',
  ],
  [
    'a broken chunk of a tar',
    'PUT /containers/idle/archive?path=/tmp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nodd\r\n',
  ],
  [
    'an upgrade of what is no stream',
    'GET /containers/nosuch/json HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: tcp\r\n\r\n',
  ],
  [
    'an upgrade with a body that is no JSON',
    `POST /exec/${HEX}/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{`,
  ],
];

test('what is no HTTP is refused with a message too, and the connection ends', needs, async (t) => {
  const world = await openTwo(t);
  const before = await readState(world);
  const odd: string[] = [];
  for (const [what, bytes] of BROKEN) {
    const answer = await exchange(world, bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    if (!/^HTTP\/1\.1 4\d\d /.test(head) || !isMessage(body)) odd.push(`${what}: ${answer}`);
  }
  assert.deepEqual(odd, []);
  assert.deepEqual(await readState(world), before);
  assert.deepEqual(world.warnings, []);
});

/** The whole answer: what is no HTTP is the last on its connection. */
async function exchange({ socketPath }: ApiWorld, bytes: string): Promise<string> {
  const socket = connect(socketPath);
  let answer = '';
  socket.on('data', (piece) => {
    answer += String(piece);
  });
  // It is closed before all of it has been read.
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', resolve);
  await promise;
  return answer;
}

test('a body that is too large is refused, and no more of it is kept', needs, async (t) => {
  const world = await openTwo(t);
  const large = `{"Image":"${'x'.repeat(9 * 2 ** 20)}"}`;
  for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }] satisfies ApiRequestOptions['headers'][]) {
    const { status, text } = await world.send('POST', '/containers/create', {
      headers: { 'Content-Type': 'application/json', ...headers },
      body: large,
    });
    assert.equal(status, 400, text);
    assert.match(text, /^\{"message":"http: request body too large/);
  }
  assert.deepEqual(world.warnings, []);
});
