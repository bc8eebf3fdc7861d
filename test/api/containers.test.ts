import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiWorld, openApi } from '../support/api.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

async function create({ send }: ApiWorld, body: object, name = ''): Promise<string> {
  const { status, json, text } = await send('POST', `/containers/create?name=${name}`, {
    body: { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' }, ...body },
  });
  assert.equal(status, 201, text);
  return json().Id;
}

test('a container is made, started, stopped and removed with the statuses of Docker', needs, async (t) => {
  const api = await openApi(t);
  const id = await create(api, { StopSignal: 'KILL' }, 'one');
  const status = async (method: string, path: string) => (await api.send(method, path)).status;
  assert.equal((await api.send('POST', '/containers/create?name=one', { body: { Image: 'busybox' } })).status, 409);
  assert.equal(await status('POST', `/containers/${id}/kill`), 409);
  assert.equal(await status('POST', '/containers/one/start'), 204);
  assert.equal(await status('POST', `/v1.24/containers/${id.slice(0, 12)}/start`), 304);
  assert.equal(await status('DELETE', '/containers/one'), 409);
  assert.equal(await status('POST', '/containers/one/pause'), 204);
  assert.equal(await status('POST', '/containers/one/pause'), 409);
  assert.equal(await status('POST', '/containers/one/unpause'), 204);
  assert.equal(await status('POST', '/containers/one/rename?name=two'), 204);
  assert.equal(await status('POST', '/containers/two/restart?t=1'), 204);
  assert.equal(await status('POST', '/containers/two/stop?t=1'), 204);
  assert.equal(await status('POST', '/containers/two/stop'), 304);
  assert.equal(await status('DELETE', '/containers/two'), 204);
  const gone = await api.send('GET', '/containers/two/json');
  assert.equal(gone.status, 404);
  assert.deepEqual(gone.json(), { message: 'No such container: two' });
  assert.deepEqual(api.warnings, []);
});

test('what was asked for is what inspect and the list tell', needs, async (t) => {
  const api = await openApi(t);
  const body = {
    Hostname: 'web',
    Env: ['A=1', 'B=two words'],
    Cmd: ['sh', '-c', 'exit 3'],
    WorkingDir: '/tmp',
    User: '1:2',
    Labels: { a: 'b' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    StopTimeout: 7,
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 2_000_000_000 },
    hostconfig: {
      Memory: 64 * 1024 * 1024,
      NanoCpus: 500_000_000,
      PidsLimit: 50,
      NetworkMode: 'none',
      Tmpfs: { '/scratch': 'size=1m' },
      Mounts: [{ Type: 'volume', Source: 'named', Target: '/named', ReadOnly: true }],
      CapDrop: ['NET_RAW'],
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
    },
  };
  const id = await create(api, { ...body, HostConfig: undefined }, 'full');
  const wire = (await api.send('GET', `/containers/${id}/json`)).json();
  assert.equal(wire.Name, '/full');
  assert.deepEqual(wire.Config.Env.slice(0, 2), ['A=1', 'B=two words']);
  assert.deepEqual(wire.Config.Cmd, ['sh', '-c', 'exit 3']);
  assert.deepEqual(wire.Config.Labels, { origin: 'image', a: 'b' });
  assert.equal(wire.Config.Hostname, 'web');
  assert.equal(wire.Config.User, '1:2');
  assert.equal(wire.Config.StopTimeout, 7);
  assert.deepEqual(wire.Config.Healthcheck, { Test: ['CMD-SHELL', 'true'], Interval: 2_000_000_000 });
  const { HostConfig } = wire;
  assert.equal(HostConfig.Memory, 67_108_864);
  assert.equal(HostConfig.NanoCpus, 500_000_000);
  assert.equal(HostConfig.PidsLimit, 50);
  assert.deepEqual(HostConfig.Tmpfs, { '/scratch': 'size=1048576' });
  assert.deepEqual(HostConfig.CapDrop, ['NET_RAW']);
  assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges']);
  assert.deepEqual(HostConfig.RestartPolicy, { Name: 'on-failure', MaximumRetryCount: 2 });
  assert.deepEqual(HostConfig.Ulimits, [{ Name: 'nofile', Hard: 200, Soft: 100 }]);
  const named = wire.Mounts.find((mount: { Destination: string }) => mount.Destination === '/named');
  assert.deepEqual([named.Name, named.RW], ['named', false]);
  assert.equal((await api.send('GET', '/containers/json')).json().length, 0);
  const listed = (await api.send('GET', '/containers/json?all=1&size=1')).json();
  assert.equal(listed.length, 1);
  assert.deepEqual(listed[0].Names, ['/full']);
  assert.equal(listed[0].Command, "sh -c 'exit 3'");
  assert.equal(listed[0].State, 'created');
  assert.equal(typeof listed[0].SizeRootFs, 'number');
  const found = async (filters: object) =>
    (await api.send('GET', `/containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`)).json().length;
  assert.equal(await found({ label: ['a=b'], status: ['created'] }), 1);
  assert.equal(await found({ label: { 'a=c': true }, status: { created: true } }), 0);
});

test('wait answers with its head at once, and with the exit code at the end', needs, async (t) => {
  const api = await openApi(t);
  await create(api, { Cmd: ['sh', '-c', 'exit 7'] }, 'seven');
  assert.deepEqual((await api.send('POST', '/containers/seven/wait')).json(), { StatusCode: 0, Error: null });
  const waiting = await api.stream('POST', '/containers/seven/wait?condition=next-exit');
  assert.equal(waiting.statusCode, 200);
  const removed = await api.stream('POST', '/containers/seven/wait?condition=removed');
  assert.equal((await api.send('POST', '/containers/seven/start')).status, 204);
  assert.equal(JSON.parse((await waiting.toArray()).join('')).StatusCode, 7);
  assert.equal((await api.send('DELETE', '/containers/seven')).status, 204);
  assert.equal(JSON.parse((await removed.toArray()).join('')).StatusCode, 7);
  assert.equal((await api.send('POST', '/containers/nobody/wait')).status, 404);
});

test('a container with AutoRemove whose start fails is gone, and its waiter is told the code', needs, async (t) => {
  const api = await openApi(t);
  await create(api, { Cmd: ['nosuch'], HostConfig: { AutoRemove: true, NetworkMode: 'none' } }, 'bad');
  const removed = await api.stream('POST', '/containers/bad/wait?condition=removed');
  const start = await api.send('POST', '/containers/bad/start');
  assert.equal(start.status, 400);
  assert.match(start.json().message, /executable file not found in \$PATH/);
  assert.equal(JSON.parse((await removed.toArray()).join('')).StatusCode, 127);
  assert.equal((await api.send('GET', '/containers/bad/json')).status, 404);
});

test('limits of a running container are changed, and what is not named stays', needs, async (t) => {
  const api = await openApi(t);
  await create(api, { HostConfig: { Memory: 67_108_864, PidsLimit: 20, NetworkMode: 'none' } }, 'tuned');
  await api.send('POST', '/containers/tuned/start');
  const body = { Memory: 33_554_432, MemorySwap: 67_108_864, PidsLimit: null, CpuShares: 0 };
  assert.deepEqual((await api.send('POST', '/containers/tuned/update', { body })).json(), { Warnings: [] });
  const { HostConfig } = (await api.send('GET', '/containers/tuned/json')).json();
  assert.deepEqual([HostConfig.Memory, HostConfig.MemorySwap, HostConfig.PidsLimit], [33_554_432, 67_108_864, 20]);
});

test('stats are one reading, two for a percentage, or a stream; zeros for what does not run', needs, async (t) => {
  const api = await openApi(t);
  await create(api, {}, 'busy');
  const stopped = (await api.send('GET', '/containers/busy/stats?stream=0')).json();
  assert.deepEqual([stopped.name, stopped.read], ['/busy', '0001-01-01T00:00:00Z']);
  await api.send('POST', '/containers/busy/start');
  const once = (await api.send('GET', '/containers/busy/stats?stream=0&one-shot=1')).json();
  assert.equal(once.preread, '0001-01-01T00:00:00Z');
  assert.ok(once.memory_stats.usage > 0);
  assert.equal(once.pids_stats.current, 1);
  const twice = (await api.send('GET', '/containers/busy/stats?stream=0')).json();
  assert.ok(twice.cpu_stats.system_cpu_usage > twice.precpu_stats.system_cpu_usage);
  assert.ok(Date.parse(twice.read) - Date.parse(twice.preread) > 500);
  const following = await api.stream('GET', '/containers/busy/stats');
  const [first] = (await following.take(1).toArray()) as Buffer[];
  assert.equal(JSON.parse(String(first)).precpu_stats.cpu_usage.total_usage, 0);
});

test('processes, changes, an image of it, and what prune takes', needs, async (t) => {
  const api = await openApi(t);
  await create(api, { Cmd: ['sh', '-c', 'touch /new; exec sleep 1000'], StopSignal: 'KILL' }, 'made');
  assert.equal((await api.send('GET', '/containers/made/changes')).text, 'null\n');
  await api.send('POST', '/containers/made/start');
  const exec = await api.send('POST', '/containers/made/exec', { body: { Cmd: ['true'] } });
  assert.equal((await api.send('POST', `/exec/${exec.json().Id}/start`, { body: { Detach: true } })).status, 200);
  const { Titles, Processes } = (await api.send('GET', '/containers/made/top?ps_args=-o%20pid,cmd')).json();
  assert.deepEqual(Titles, ['PID', 'CMD']);
  assert.ok(Processes.some((row: string[]) => row[1] === 'sleep 1000'));
  assert.deepEqual((await api.send('GET', '/containers/made/changes')).json(), [{ Path: '/new', Kind: 1 }]);
  const body = { Env: ['X=a b'], Labels: { 'k 1': 'v' } };
  const commit = await api.send(
    'POST',
    '/commit?container=made&repo=of&tag=made&comment=why&changes=CMD%20%5B%22x%22%5D',
    {
      body,
    },
  );
  assert.equal(commit.status, 201);
  const image = await api.engine.images.inspect('of:made');
  assert.equal(commit.json().Id, image.id);
  assert.deepEqual(image.config.command, ['x']);
  assert.equal(image.config.env?.['X'], 'a b');
  assert.equal(image.config.labels?.['k 1'], 'v');
  await api.send('POST', '/containers/made/stop');
  const id = (await api.send('GET', '/containers/made/json')).json().Id;
  const pruned = (await api.send('POST', '/containers/prune')).json();
  assert.deepEqual(pruned.ContainersDeleted, [id]);
  assert.deepEqual((await api.send('POST', '/containers/prune')).json(), {
    ContainersDeleted: null,
    SpaceReclaimed: 0,
  });
});

test('files go in and out as tars, and a path is told of in the header of Docker', needs, async (t) => {
  const api = await openApi(t);
  await create(api, {}, 'files');
  const stat = await api.send('HEAD', '/containers/files/archive?path=/bin/');
  const told = JSON.parse(Buffer.from(String(stat.headers['x-docker-container-path-stat']), 'base64').toString());
  assert.equal(told.name, 'bin');
  assert.equal(told.mode, 0o755 + 2 ** 31);
  const tar = await api.send('GET', '/containers/files/archive?path=/etc');
  assert.equal(tar.headers['content-type'], 'application/x-tar');
  assert.equal(
    (await api.send('PUT', '/containers/files/archive?path=/tmp', { body: new Uint8Array(tar.body) })).status,
    200,
  );
  assert.equal((await api.send('HEAD', '/containers/files/archive?path=/tmp/etc')).status, 200);
  assert.equal((await api.send('GET', '/containers/files/archive?path=/nosuch')).status, 404);
  const exported = await api.send('GET', '/containers/files/export');
  assert.equal(exported.status, 200);
  assert.ok(exported.body.includes('tmp/etc/'));
});

test(
  'a name without a value takes a variable away: the image’s, the engine’s, and the container’s from an exec',
  needs,
  async (t) => {
    const api = await openApi(t);
    await create(api, { Env: ['A=1', 'FROM_IMAGE', 'HOSTNAME', 'NOSUCH', 'B'], Tty: true }, 'bare');
    await api.send('POST', '/containers/bare/start');
    const { Env } = (await api.send('GET', '/containers/bare/json')).json().Config;
    assert.deepEqual(Env, ['A=1', 'PATH=/bin', 'FROM_IMAGE', 'HOSTNAME', 'NOSUCH', 'B']);
    const exec = async (own: readonly string[], Cmd = ['env']): Promise<readonly string[]> => {
      const body = { Cmd, AttachStdout: true, Tty: true, Env: own };
      const { Id } = (await api.send('POST', '/containers/bare/exec', { body })).json();
      const { text } = await api.send('POST', `/exec/${Id}/start`, { body: {} });
      return text
        .split(/\r\n|\0/)
        .sort()
        .slice(1);
    };
    const left = ['A=1', 'HOME=/root', 'PATH=/bin', 'TERM=xterm'];
    assert.deepEqual(await exec([], ['cat', '/proc/1/environ']), left);
    assert.deepEqual(await exec([]), left);
    const again = await exec(['A', 'TERM', 'HOME', 'FROM_IMAGE=again']);
    assert.deepEqual(again, ['FROM_IMAGE=again', 'HOME=/root', 'PATH=/bin']);
    const refused = await api.send('POST', '/containers/bare/exec', { body: { Cmd: ['env'], Env: ['=x'] } });
    assert.equal(refused.status, 400);
  },
);

test('who waits for a container that has removed itself already is told its exit code', needs, async (t) => {
  const api = await openApi(t);
  const body = { Cmd: ['sh', '-c', 'exit 7'], HostConfig: { NetworkMode: 'none', AutoRemove: true } };
  const id = await create(api, body, 'quick');
  const ended = api.send('POST', `/containers/${id}/wait?condition=removed`);
  assert.equal((await api.send('POST', `/containers/${id}/start`)).status, 204);
  assert.equal((await ended).json().StatusCode, 7);
  assert.equal((await api.send('GET', `/containers/${id}/json`)).status, 404);
  const late = await api.send('POST', `/containers/${id}/wait`);
  assert.deepEqual([late.status, late.json()], [200, { StatusCode: 7, Error: null }]);
  for (const other of ['quick', id.slice(0, 12), 'f'.repeat(64)]) {
    assert.equal((await api.send('POST', `/containers/${other}/wait`)).status, 404, other);
  }
});
