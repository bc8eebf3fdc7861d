import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { VolumeName } from '../../src/model/ids.js';
import { openApi } from '../support/api.js';
import { findDockerProblem, openDockerClient } from '../support/docker-client.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('every answer says whose it is and which version of the API it speaks', needs, async (t) => {
  const { send, warnings } = await openApi(t);
  for (const method of ['GET', 'HEAD']) {
    const { status, headers, text } = await send(method, '/_ping');
    assert.equal(status, 200);
    assert.equal(text, method === 'GET' ? 'OK' : '');
    assert.equal(headers['api-version'], '1.51');
    assert.equal(headers['ostype'], 'linux');
    assert.equal(headers['docker-experimental'], 'false');
    assert.equal(headers['swarm'], 'inactive');
    assert.equal(headers['cache-control'], 'no-cache, no-store, must-revalidate');
  }
  const missing = await send('GET', '/v1.41/nothing');
  assert.equal(missing.status, 404);
  assert.deepEqual(missing.json(), { message: 'page not found' });
  assert.equal(missing.headers['api-version'], '1.51');
  assert.deepEqual(warnings, []);
});

test('the versions say what program answers, and info what docker info prints', needs, async (t) => {
  const { send, engine } = await openApi(t, {
    env: { HOME: '/nonexistent', HTTPS_PROXY: 'http://me:secret@proxy:3128', no_proxy: 'localhost' },
  });
  const version = (await send('GET', '/version')).json();
  assert.deepEqual([version.Platform.Name, version.ApiVersion, version.MinAPIVersion], ['Gantry', '1.51', '1.24']);
  const [component] = version.Components;
  assert.deepEqual([component.Name, component.Version, component.Details.Os], ['Engine', version.Version, 'linux']);
  await engine.containers.create({ image: 'busybox', command: ['x'] });
  const info = (await send('GET', '/info')).json();
  assert.deepEqual([info.Containers, info.ContainersStopped, info.Images], [1, 1, 1]);
  assert.deepEqual(info.Plugins.Network, ['bridge', 'host', 'ipvlan', 'macvlan', 'null']);
  assert.equal(info.Swarm.LocalNodeState, 'inactive');
  assert.deepEqual(info.RegistryConfig.InsecureRegistryCIDRs.slice(0, 2), ['::1/128', '127.0.0.0/8']);
  assert.equal(info.IndexServerAddress, 'https://index.docker.io/v1/');
  assert.deepEqual([info.HttpsProxy, info.NoProxy], ['http://xxxxx:xxxxx@proxy:3128', 'localhost']);
  assert.equal(info.LiveRestoreEnabled, true);
  assert.equal(info.DefaultRuntime in info.Runtimes, true);
  assert.equal(info.SecurityOptions.includes('name=seccomp,profile=builtin'), true);
  assert.match(info.Architecture, /^(x86_64|aarch64)$/);
  assert.equal(info.MemoryLimit, true);
});

test(
  'docker version and docker info print what is so',
  requires('root', 'overlay', 'command:busybox', 'command:docker'),
  async (t) => {
    const problem = findDockerProblem();
    if (problem !== undefined) return t.skip(problem);
    const service = {
      isDebug: true,
      labels: ['tier=front'],
      registries: { mirrors: ['https://m.example'], insecure: ['reg:5000'] },
    };
    const world = await openApi(t, { service });
    await world.engine.containers.create({ image: 'busybox', command: ['x'] });
    const { print } = openDockerClient(world);
    const version = await print('version');
    assert.match(
      version,
      /^Server: Gantry\n Engine:\n {2}Version: {10}0\.1\.0\n {2}API version: {6}1\.51 \(minimum version 1\.24\)\n/m,
    );
    assert.match(version, /^ {2}OS\/Arch: {10}linux\/(amd64|arm64)$/m);
    const info = `${await print('info')}\n`;
    const { rootDir, storageDriver, operatingSystem, cpus, name } = await world.engine.system.info();
    for (const line of [
      ...[
        ' Containers: 1',
        '  Stopped: 1',
        ' Images: 1',
        ' Server Version: 0.1.0',
        ` Storage Driver: ${storageDriver}`,
      ],
      ...[
        ' Debug Mode: true',
        '  tier=front',
        '  https://m.example',
        '  reg:5000',
        ' Swarm: inactive',
        ` CPUs: ${cpus}`,
      ],
      ...[` Kernel Version: ${release()}`, ` Operating System: ${operatingSystem}`, ` Name: ${name}`],
      ...[` Docker Root Dir: ${rootDir}`, ' Live Restore Enabled: true', ' Default Runtime: gantry'],
    ]) {
      assert.ok(info.includes(`\n${line}\n`), `${line} is in: ${info}`);
    }
  },
);

test('what a file says of registries is told, and that it cannot be read', needs, async (t) => {
  const folder = makeTemporaryFolder(t);
  const write = (text: string) => writeFileSync(join(folder, 'daemon.json'), text);
  write('{"insecure-registries": ["reg:5000", "10.0.0.0/8"], "registry-mirrors": ["https://mirror.example"]}');
  const read = async (t: TestContext) => {
    const { send } = await openApi(t, { env: { HOME: '/nonexistent', GANTRY_CONFIG: folder } });
    return (await send('GET', '/info')).json();
  };
  await t.test('what it says', async (t) => {
    const { RegistryConfig: config, Warnings: warnings } = await read(t);
    assert.equal(config.InsecureRegistryCIDRs.includes('10.0.0.0/8'), true);
    assert.equal(config.IndexConfigs['reg:5000'].Secure, false);
    assert.deepEqual(config.Mirrors, ['https://mirror.example']);
    assert.equal(warnings, null);
  });
  write('{');
  await t.test('what is wrong with it', async (t) => {
    const { Warnings: warnings } = await read(t);
    assert.match(warnings[0], /^WARNING: .*daemon\.json/);
  });
});

test('what is on disk is told by kind', needs, async (t) => {
  const { send, engine } = await openApi(t);
  const mounts = [{ type: 'volume', source: 'v1', target: '/data' }] as const;
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sh', '-c', 'echo 1234 > /x'], mounts });
  const { mountpoint } = await engine.volumes.inspect('v1' as VolumeName);
  writeFileSync(join(mountpoint, 'file'), '12345678');
  await engine.containers.start(id);
  await engine.containers.wait(id);
  const all = (await send('GET', '/system/df')).json();
  const [image] = all.Images;
  assert.deepEqual([image.Containers, image.SharedSize], [1, 0]);
  assert.equal(all.LayersSize, image.Size);
  const [container] = all.Containers;
  assert.equal(container.Id, id);
  assert.equal(container.SizeRw > 0, true);
  assert.equal(container.SizeRootFs, container.SizeRw + image.Size);
  const [volume] = all.Volumes;
  assert.deepEqual([volume.Name, volume.UsageData.RefCount], ['v1', 1]);
  assert.equal(volume.UsageData.Size >= 8, true);
  assert.deepEqual(all.BuildCache, []);
  const some = (await send('GET', '/system/df?type=volume&type=build-cache')).json();
  assert.deepEqual([some.Images, some.Containers, some.BuildCache, some.LayersSize], [null, null, [], 0]);
  assert.equal(some.Volumes.length, 1);
  assert.equal((await send('GET', '/v1.41/system/df?type=volume')).json().Images.length, 1);
});

test('events are followed from a moment to a moment, by filters known and unknown', needs, async (t) => {
  const { send, engine, stream } = await openApi(t);
  await engine.volumes.create({ name: 'v1' });
  const until = Math.ceil(Date.now() / 1000) + 1;
  const filters = encodeURIComponent(JSON.stringify({ type: ['volume'], nonsense: ['x'] }));
  const { text, lines } = await send('GET', `/events?since=1&until=${until}&filters=${filters}`);
  assert.equal(text.endsWith('}\n'), true);
  const [event, ...more] = lines();
  assert.deepEqual(more, []);
  assert.deepEqual(
    { ...event, time: 0, timeNano: 0 },
    {
      ...{ Type: 'volume', Action: 'create', Actor: { ID: 'v1', Attributes: { driver: 'local' } } },
      ...{ scope: 'local', time: 0, timeNano: 0 },
    },
  );
  const followed = await stream('GET', `/events?filters=${filters}`);
  await engine.volumes.create({ name: 'v2' });
  for await (const bytes of followed) {
    assert.equal(JSON.parse(String(bytes)).Actor.ID, 'v2');
    break;
  }
});
