import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCommandWorld } from '../support/command-world.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

test(
  'networks take their configuration from one that is nothing else, and no container comes into that',
  NEEDS,
  async (t) => {
    const { engine, print } = await makeCommandWorld(t);
    const inspect = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
      JSON.parse(await print('network', 'inspect', name))[0];
    const words = ['--subnet', '10.231.9.0/24', '--label', 'a=b', '-o', 'com.docker.network.driver.mtu=1400'];
    await print('network', 'create', '--config-only', ...words, 'set');
    const { Driver, Scope, ConfigOnly, ConfigFrom, IPAM, Options, Labels } = await inspect('set');
    assert.deepEqual([Driver, Scope, ConfigOnly, ConfigFrom], ['null', 'local', true, { Network: '' }]);
    assert.deepEqual(IPAM, { Driver: 'default', Options: {}, Config: [{ Subnet: '10.231.9.0/24' }] });
    assert.deepEqual([Options, Labels], [{ 'com.docker.network.driver.mtu': '1400' }, { a: 'b' }]);

    await print('network', 'create', '--config-from', 'set', '--internal', 'app');
    const app = await inspect('app');
    assert.deepEqual([app['Driver'], app['ConfigOnly'], app['ConfigFrom']], ['bridge', false, { Network: 'set' }]);
    assert.deepEqual([app['Internal'], app['Options'], app['Labels']], [true, Options, Labels]);
    assert.deepEqual(app['IPAM'], {
      Driver: 'default',
      Options: {},
      Config: [{ Subnet: '10.231.9.0/24', Gateway: '10.231.9.1' }],
    });
    assert.equal(await print('run', '--rm', '--network', 'app', 'busybox', 'cat', '/sys/class/net/eth0/mtu'), '1400');

    const refusal = async (...line: readonly string[]) => {
      const { code, stderr } = await runCommand(engine, line);
      return `${code} ${stderr.split('\n')[0]}`;
    };
    const endpoint = 'cannot create endpoint on configuration-only network';
    assert.equal(await refusal('network', 'rm', 'set'), '1 gantry: configuration network "set" is in use');
    assert.equal(
      await refusal('run', '--network', 'set', 'busybox'),
      `125 gantry: failed to set up container networking: ${endpoint}`,
    );
    await print('create', '--name', 'made', '--network', 'app', 'busybox');
    assert.equal(await refusal('network', 'connect', 'set', 'made'), `1 gantry: ${endpoint}`);
    await print('rm', 'made');
    await print('network', 'prune', '-f');
    assert.equal(await refusal('network', 'inspect', 'app'), '1 gantry: network app not found');
    await print('network', 'rm', 'set');
  },
);
