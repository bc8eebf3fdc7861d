import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findPort } from '../support/find-port.js';
import type { Gantry } from '../support/gantry.js';
import { openGantryHere } from '../support/gantry-here.js';
import { hearOnHost, makeNetworkServers, type NetworkServers, startWhoCalls } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { makeSecondHost } from '../support/second-host.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:ip');
const BRIDGE = 'com.docker.network.bridge.';
const NAMES = ['closed', 'unprotected', 'trusting', 'distrusting', 'disguised', 'parameters'];

let gantry: Gantry;
let servers: NetworkServers;

before(async () => {
  gantry = openGantryHere();
  servers = makeNetworkServers(gantry);
  await gantry.run(['embedded', 'busybox']);
});

after(async () => {
  await gantry.run(['rm', '-f', ...NAMES.map((name) => `in-${name}`)]);
  await gantry.run(['network', 'prune', '-f']);
  await gantry.close();
});

test('a network decides which ports others reach, and by which address its containers are seen', NEEDS, async (t) => {
  const host = makeSecondHost(t, { linkName: 'gt-trusted' });
  const kinds = {
    closed: [],
    unprotected: [`${BRIDGE}gateway_mode_ipv4=nat-unprotected`],
    trusting: [`${BRIDGE}trusted_host_interfaces=gt-other:gt-trusted`],
    distrusting: [`${BRIDGE}trusted_host_interfaces=gt-other`],
  };
  const heard: Record<string, string> = {};
  const published: Record<string, string> = {};
  for (const [name, options] of Object.entries(kinds)) {
    await gantry.print('network', 'create', ...options.flatMap((option) => ['-o', option]), name);
    const port = await findPort();
    await servers.start(`in-${name}`, '--network', name, '-p', `${port}:80`);
    heard[name] = hearOnHost(await servers.addressOf(`in-${name}`, name), 80, host.by);
    published[name] = hearOnHost(host.hostAddress, port, host.by);
  }
  assert.deepEqual(heard, { closed: '', unprotected: 'in-unprotected', trusting: 'in-trusting', distrusting: '' });
  assert.deepEqual(Object.values(published), ['in-closed', 'in-unprotected', 'in-trusting', 'in-distrusting']);

  const port = await startWhoCalls(t, host.by);
  assert.equal(await servers.hear('in-closed', host.address, port), host.hostAddress);
  const gateway = await gantry.print('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'closed');
  await gantry.print('network', 'create', '-o', `com.docker.network.host_ipv4=${gateway}`, 'disguised');
  await servers.start('in-disguised', '--network', 'disguised');
  assert.equal(await servers.hear('in-disguised', host.address, port), gateway);
});

test('parameters of an interface are set at a start, at a restart, and in a container that runs', NEEDS, async () => {
  const option = (value: number) =>
    `com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=${value},net.ipv4.neigh.IFNAME.mcast_solicit=${value + 4}`;
  for (const name of ['first', 'second']) await gantry.print('network', 'create', name);
  const network = `name=first,"driver-opt=${option(1)}"`;
  await gantry.print(
    ...['run', '-d', '--name', 'in-parameters', '--restart', 'always', '--network', network],
    ...['busybox', 'sh', '-c', 'until [ -e /end ]; do sleep 0.05; done; rm /end'],
  );
  const read = async (name: string) =>
    await gantry.print(
      ...['exec', 'in-parameters', 'cat', `/proc/sys/net/ipv4/conf/${name}/log_martians`],
      `/proc/sys/net/ipv4/neigh/${name}/mcast_solicit`,
    );
  assert.equal(await read('eth0'), '1\n5');
  await gantry.print('network', 'connect', '--driver-opt', `"${option(2)}"`, 'second', 'in-parameters');
  assert.equal(await read('eth1'), '2\n6');
  const pid = await gantry.print('inspect', '-f', '{{.State.Pid}}', 'in-parameters');
  await gantry.print('exec', 'in-parameters', 'touch', '/end');
  await waitUntil('the restart', async () => {
    const now = await gantry.print('inspect', '-f', '{{.State.Pid}}', 'in-parameters');
    return now !== '0' && now !== pid;
  });
  assert.deepEqual([await read('eth0'), await read('eth1')], ['1\n5', '2\n6']);

  const unknown = 'com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.no_such_thing=1';
  await gantry.print('network', 'disconnect', 'second', 'in-parameters');
  assert.match(
    await gantry.refusal('network', 'connect', '--driver-opt', unknown, 'second', 'in-parameters'),
    /failed to set up container networking: cannot write "1" to net\/ipv4\/conf\/eth1\/no_such_thing: ENOENT/,
  );
  const taken = 'com.docker.network.endpoint.ifname=lo';
  assert.match(
    await gantry.refusal('network', 'connect', '--driver-opt', taken, 'second', 'in-parameters'),
    /failed to set up container networking: cannot .*: EEXIST/,
  );
  assert.doesNotMatch(await gantry.print('exec', 'in-parameters', 'ls', '/sys/class/net'), /eth1/);
});

test('an interface that cannot be one is refused', NEEDS, async () => {
  assert.match(
    await gantry.refusal('network', 'create', '-o', `${BRIDGE}trusted_host_interfaces=eth0:a/b`, 'no'),
    /invalid interface name: a\/b/,
  );
});
