import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { after, afterEach, before, type TestContext, test } from 'node:test';
import type { Gantry } from '../support/gantry.js';
import { openGantryHere } from '../support/gantry-here.js';
import { hearOnHost, makeNetworkServers, type NetworkServers } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { makeSecondHost, type SecondHost } from '../support/second-host.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:ip', 'link:macvlan');
const NEEDS_IPVLAN = requires('root', 'overlay', 'command:busybox', 'command:ip', 'link:ipvlan');
const NEEDS_MADE_PARENTS = requires(
  ...(['root', 'overlay', 'command:busybox', 'command:ip', 'link:macvlan', 'link:dummy', 'link:vlan'] as const),
);

let gantry: Gantry;
let servers: NetworkServers;

before(async () => {
  gantry = openGantryHere();
  servers = makeNetworkServers(gantry);
  await gantry.run(['embedded', 'busybox']);
});

afterEach(async () => {
  const ids = (await gantry.print('ps', '-aq')).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await gantry.run(['rm', '-f', ...ids]);
  await gantry.run(['network', 'prune', '-f']);
});

after(() => gantry.close());

/** The parent's other end is another host, which is the gateway of the network. */
async function makeNetwork(
  t: TestContext,
  options: readonly string[] = [],
  driver: 'macvlan' | 'ipvlan' = 'macvlan',
): Promise<SecondHost> {
  const host = makeSecondHost(t, { linkName: PARENT });
  execFileSync(host.by[0] ?? '', [...host.by.slice(1), 'ip', 'addr', 'add', '10.214.9.1/24', 'dev', 'eth0']);
  const words = ['-d', driver, '-o', `parent=${PARENT}`, '--subnet', '10.214.9.0/24', '--gateway', '10.214.9.1'];
  await gantry.print('network', 'create', ...words, ...options, 'lan');
  return host;
}

const PARENT = `gtm${process.pid}`;

test('containers of a macvlan network are hosts of the parent’s network', NEEDS, async (t) => {
  const host = await makeNetwork(t);
  const mac = '02:42:00:00:be:ef';
  await servers.start('one', '--network', 'lan', '--ip', '10.214.9.20', '--mac-address', mac);
  await servers.start('two', '--network', 'lan');
  assert.equal(hearOnHost('10.214.9.20', 80, host.by), 'one');
  assert.equal(await servers.hear('one', await servers.addressOf('two', 'lan')), 'two');
  // Names are found as on a bridge of one's own.
  assert.equal(await servers.hear('two', 'one'), 'one');
  const links = await gantry.print('exec', 'one', 'ip', '-o', 'link', 'show', 'eth0');
  assert.match(links, new RegExp(`eth0@.*${mac}`));
  assert.match(await gantry.print('exec', 'one', 'ip', 'route'), /^default via 10\.214\.9\.1 dev eth0/);
  await gantry.print('restart', '-t', '0', 'one');
  assert.match(await gantry.print('exec', 'one', 'ip', '-o', 'addr', 'show', 'eth0'), /10\.214\.9\.20\/24/);
  // Nothing of it is an interface of the host.
  assert.deepEqual(listOnParent(), []);
  await gantry.print('rm', '-f', 'one', 'two');
  assert.deepEqual(listOnParent(), []);
});

/** Interfaces of the host that are made on the parent. */
function listOnParent(): readonly string[] {
  return listLinks().filter((name) => existsSync(`/sys/class/net/${PARENT}/upper_${name}`));
}

test('containers of a private macvlan reach the others of the network and not each other', NEEDS, async (t) => {
  const host = await makeNetwork(t, ['-o', 'macvlan_mode=private']);
  await servers.start('one', '--network', 'lan');
  await servers.start('two', '--network', 'lan');
  assert.equal(hearOnHost(await servers.addressOf('one', 'lan'), 80, host.by), 'one');
  assert.equal(await servers.hear('one', await servers.addressOf('two', 'lan')), '');
});

test(
  'a container comes into a macvlan and leaves it while it runs; a parent that is gone is said',
  NEEDS,
  async (t) => {
    const host = await makeNetwork(t);
    await servers.start('web');
    await gantry.print('network', 'connect', '--ip', '10.214.9.30', 'lan', 'web');
    assert.equal(hearOnHost('10.214.9.30', 80, host.by), 'web');
    await gantry.print('network', 'disconnect', 'lan', 'web');
    assert.equal(hearOnHost('10.214.9.30', 80, host.by), '');
    execFileSync('ip', ['link', 'delete', PARENT]);
    assert.match(
      await gantry.refusal('run', '--network', 'lan', 'busybox', 'true'),
      new RegExp(`^125 .*invalid subinterface vlan name ${PARENT}, example formatting is eth0.10`),
    );
  },
);

test('containers of an ipvlan network share the hardware address of the parent', NEEDS_IPVLAN, async (t) => {
  const host = await makeNetwork(t, [], 'ipvlan');
  await servers.start('one', '--network', 'lan');
  await servers.start('two', '--network', 'lan');
  assert.equal(hearOnHost(await servers.addressOf('one', 'lan'), 80, host.by), 'one');
  assert.equal(await servers.hear('one', await servers.addressOf('two', 'lan')), 'two');
  const readMac = async (name: string) => await gantry.print('exec', name, 'cat', '/sys/class/net/eth0/address');
  assert.equal(await readMac('one'), await readMac('two'));
  const inspected = await gantry.print('inspect', '-f', '{{.NetworkSettings.Networks.lan.MacAddress}}', 'one');
  assert.equal(inspected, '');
});

test('a parent that is missing is made with the network, and goes with it', NEEDS_MADE_PARENTS, async (t) => {
  await gantry.print('network', 'create', '-d', 'macvlan', 'closed');
  const id = await gantry.print('network', 'inspect', '-f', '{{slice .Id 0 12}}', 'closed');
  assert.ok(listLinks().includes(`dm-${id}`));
  await servers.start('one', '--network', 'closed');
  await gantry.print('run', '-d', '--name', 'two', '--network', 'closed', 'busybox', 'sleep', '1000');
  assert.equal(await servers.hear('two', 'one'), 'one');
  makeSecondHost(t, { linkName: PARENT });
  await gantry.print('network', 'create', '-d', 'macvlan', '-o', `parent=${PARENT}.20`, 'tagged');
  assert.ok(listLinks().includes(`${PARENT}.20`));
  await gantry.print('run', '--rm', '--network', 'tagged', 'busybox', 'true');
  await gantry.print('network', 'rm', 'tagged');
  await gantry.print('rm', '-f', 'one', 'two');
  await gantry.print('network', 'rm', 'closed');
  assert.deepEqual(
    listLinks().filter((name) => name === `dm-${id}` || name.startsWith(`${PARENT}.`)),
    [],
  );
});

function listLinks(): readonly string[] {
  return readdirSync('/sys/class/net');
}

for (const [parent, refusal] of [
  ['lo.0', 'vlan id must be between 1-4094, received: 0'],
  ['lo.4095', 'vlan id must be between 1-4094, received: 4095'],
  ['lo.x', String.raw`unable to parse a valid vlan id from: x \(ex. eth0.10 for vlan 10\)`],
  ['lo.1.2', 'required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received lo.1.2'],
  ['gtnone.7', '-o parent interface does was not found on the host: gtnone'],
  ['gtnone', 'invalid subinterface vlan name gtnone, example formatting is eth0.10'],
] as const) {
  test(`the parent ${parent} is refused in Docker’s words`, requires('root'), async () => {
    const words = ['network', 'create', '-d', 'macvlan', '-o', `parent=${parent}`, 'refused'];
    assert.match(await gantry.refusal(...words), new RegExp(`^1 .*${refusal}$`));
    assert.doesNotMatch(await gantry.print('network', 'ls', '-q', '--filter', 'name=refused'), /./);
  });
}
