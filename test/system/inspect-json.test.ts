import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toWireContainer, type WireContainer } from '../../src/api/wire/container.js';
import { toWireNetwork } from '../../src/api/wire/network.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('inspect tells the mounts that there are, as dockerd does', needs, async (t) => {
  const { wire, root } = await inspectRunning(t, {
    mounts: [
      { type: 'bind', source: '/tmp', target: '/bound' },
      { type: 'volume', source: 'named', target: '/named' },
      { type: 'volume', target: '/own' },
      { type: 'tmpfs', target: '/hidden' },
      { type: 'tmpfs', target: '/shown', isMountOption: true, sizeBytes: 4096 },
      { type: 'volume', source: 'named', target: '/again', readOnly: true, isMountOption: true },
    ],
  });
  const own = wire.Mounts.find(({ Destination }) => Destination === '/own');
  assert.match(own?.Name ?? '', /^[0-9a-f]{64}$/);
  const volume = (name: string) => ({
    Type: 'volume',
    Name: name,
    Source: join(root, 'volumes', name, '_data'),
    Driver: 'local',
    Propagation: '',
  });
  assert.deepEqual(wire.Mounts, [
    { Type: 'bind', Source: '/tmp', Destination: '/bound', Mode: '', RW: true, Propagation: 'rprivate' },
    { ...volume('named'), Destination: '/named', Mode: 'z', RW: true },
    { ...volume(own?.Name ?? ''), Destination: '/own', Mode: '', RW: true },
    { Type: 'tmpfs', Source: '', Destination: '/shown', Mode: '', RW: true, Propagation: '' },
    { ...volume('named'), Destination: '/again', Mode: 'ro', RW: false },
  ]);
  assert.deepEqual(wire.HostConfig['Binds'], ['/tmp:/bound', 'named:/named']);
  assert.deepEqual(wire.HostConfig['Tmpfs'], { '/hidden': '' });
  assert.deepEqual(wire.HostConfig['Mounts'], [
    { Type: 'tmpfs', Target: '/shown', TmpfsOptions: { SizeBytes: 4096 } },
    { Type: 'volume', Source: 'named', Target: '/again', ReadOnly: true },
  ]);
});

test('inspect tells where the files and the network are, and what is hidden', needs, async (t) => {
  const { wire, network } = await inspectRunning(t, { namespaces: { network: 'none' } });
  const { LowerDir = '', UpperDir = '', MergedDir = '' } = wire.GraphDriver.Data ?? {};
  assert.ok(LowerDir.split(':').some((path) => existsSync(join(path, 'data/seed'))));
  assert.ok(existsSync(UpperDir));
  assert.ok(existsSync(join(MergedDir, 'data/seed')));
  assert.ok(existsSync(wire.NetworkSettings.SandboxKey));
  assert.ok((wire.HostConfig['MaskedPaths'] as string[]).includes('/proc/kcore'));
  assert.ok((wire.HostConfig['ReadonlyPaths'] as string[]).includes('/proc/sys'));
  assert.deepEqual(Object.keys(wire.NetworkSettings.Networks), ['none']);
  assert.deepEqual(Object.keys(network.Containers), [wire.Id]);
  assert.equal(wire.ExecIDs, null);
});

async function inspectRunning(t: Parameters<typeof makeEngineWorld>[0], config: Partial<ContainerConfig>) {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'], ...config });
  await engine.containers.start(id);
  const container = await engine.containers.inspect(id);
  const image = await engine.images.inspect('busybox');
  const volumes = await engine.volumes.list();
  const wire: WireContainer = toWireContainer(container, { image, volumes, storageDriver: 'overlay2' });
  const network = toWireNetwork(await engine.networks.inspect('none'));
  return { wire, network, root: world.options.root };
}
