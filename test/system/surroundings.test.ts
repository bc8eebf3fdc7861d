import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listUnusualRights } from '../../src/model/unusual-rights.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

test(
  'interfaces, routes and mounts of a container are told from outside, and what is unusual about it',
  requires('root', 'overlay', 'command:busybox'),
  async (t) => {
    const engine = await makeEngineWorld(t).open();
    const { namespaces } = engine;
    assert.ok(namespaces);
    const start = async (name: string, more: object) => {
      const { id } = await engine.containers.create({ image: 'busybox', name, command: ['sleep', '1000'], ...more });
      await engine.containers.start(id);
      return id;
    };
    const usual = await start('usual', { mounts: [{ type: 'tmpfs', target: '/scratch', options: ['ro'] }] });
    const { interfaces, routes, mounts } = await namespaces.surroundings(usual);
    assert.deepEqual(interfaces.map(({ name }) => name).sort(), ['eth0', 'lo']);
    const { ipAddress, prefixLength, gateway } = (await engine.containers.inspect(usual)).networks[0] ?? {};
    assert.deepEqual(interfaces.find(({ name }) => name === 'eth0')?.addresses.slice(0, 1), [
      `${ipAddress}/${prefixLength}`,
    ]);
    assert.deepEqual(
      routes.find(({ destination }) => destination === 'default'),
      { destination: 'default', gateway, interfaceName: 'eth0' },
    );
    const scratch = mounts.find(({ target }) => target === '/scratch');
    assert.deepEqual([scratch?.fileSystem, scratch?.isReadOnly], ['tmpfs', true]);
    const security = await namespaces.security(usual);
    assert.deepEqual(listUnusualRights({ security, mounts, hostNamespaces: new Set() }), []);

    const open = await start('open', { security: { privileged: true }, namespaces: { network: 'none' } });
    const rights = listUnusualRights({
      security: await namespaces.security(open),
      mounts: (await namespaces.surroundings(open)).mounts,
      hostNamespaces: new Set(),
    });
    assert.ok(rights.some((text) => text.startsWith('can mount file systems')));
    assert.ok(rights.includes('may make every system call: seccomp is off'));
    assert.ok(rights.includes('can write the settings of the kernel in /proc/sys'));
    await engine.containers.kill(open);
    await engine.containers.wait(open);
    await assert.rejects(namespaces.surroundings(open), { kind: 'conflict' });
  },
);
