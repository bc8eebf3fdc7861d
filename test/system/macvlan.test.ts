import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, afterEach, before, type TestContext, test } from 'node:test';
import { type Gantry, openGantry } from '../support/gantry.js';
import { hearOnHost, makeNetworkServers, type NetworkServers } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { makeSecondHost, type SecondHost } from '../support/second-host.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:ip', 'link:macvlan');

let gantry: Gantry;
let servers: NetworkServers;

before(async () => {
  gantry = openGantry();
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
async function makeNetwork(t: TestContext, ...options: readonly string[]): Promise<SecondHost> {
  const host = makeSecondHost(t, { linkName: PARENT });
  execFileSync(host.by[0] ?? '', [...host.by.slice(1), 'ip', 'addr', 'add', '10.214.9.1/24', 'dev', 'eth0']);
  const words = ['-d', 'macvlan', '-o', `parent=${PARENT}`, '--subnet', '10.214.9.0/24', '--gateway', '10.214.9.1'];
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
  const before = readdirSync('/sys/class/net');
  await gantry.print('rm', '-f', 'one', 'two');
  assert.deepEqual(readdirSync('/sys/class/net'), before);
});

test('containers of a private macvlan reach the others of the network and not each other', NEEDS, async (t) => {
  const host = await makeNetwork(t, '-o', 'macvlan_mode=private');
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
      new RegExp(`invalid parent interface ${PARENT}`),
    );
  },
);
