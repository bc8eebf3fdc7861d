import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { type CommandWorld, makeCommandWorld } from '../support/command-world.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');
const BRIDGE = 'com.docker.network.bridge';
const ENDPOINT = 'com.docker.network.endpoint';

/** Answers each connection with its host name. */
const SERVE = ['nc', '-ll', '-p', '80', '-e', 'hostname'];

/** A container that does nothing but be there. */
async function start({ print }: CommandWorld, name: string, ...options: readonly string[]): Promise<void> {
  await print('run', '-d', '--name', name, '--hostname', name, ...options, 'busybox', 'sleep', '1000');
}

async function hear({ print }: CommandWorld, from: string, address: string): Promise<string> {
  return await print('exec', from, 'sh', '-c', `nc -w 3 ${address} 80 </dev/null 2>/dev/null || true`);
}

/** Addresses of an interface of the host, with their prefixes. */
function listAddresses(name: string): readonly string[] {
  return (networkInterfaces()[name] ?? []).map(({ cidr }) => cidr ?? '');
}

test(
  'subnet, gateway, range, auxiliary addresses, labels and options are seen on the host and inside',
  NEEDS,
  async (t) => {
    const world = await makeCommandWorld(t);
    const { print } = world;
    const pool = ['--subnet', '10.231.20.0/24', '--gateway', '10.231.20.254', '--ip-range', '10.231.20.64/26'];
    const more = ['--aux-address', 'kept=10.231.20.65', '--label', 'tier=back'];
    const options = ['com.docker.network.driver.mtu=1400', `${BRIDGE}.name=gtoptions0`];
    const all = [...options, 'com.docker.network.container_iface_prefix=lan'].flatMap((text) => ['-o', text]);
    await print('network', 'create', ...pool, ...more, ...all, 'opts');
    assert.deepEqual(listAddresses('gtoptions0'), ['10.231.20.254/24']);
    assert.equal(readFileSync('/sys/class/net/gtoptions0/mtu', 'utf8'), '1400\n');
    assert.equal(await print('network', 'inspect', '-f', '{{.Labels.tier}}', 'opts'), 'back');
    await start(world, 'one', '--network', 'opts');
    await start(world, 'two', '--network', 'opts');
    assert.match(await print('exec', 'one', 'ip', '-o', 'addr', 'show', 'lan0'), /inet 10\.231\.20\.64\/24/);
    assert.match(await print('exec', 'two', 'ip', '-o', 'addr', 'show', 'lan0'), /inet 10\.231\.20\.66\/24/);
    assert.equal(await print('exec', 'one', 'cat', '/sys/class/net/lan0/mtu'), '1400');
    assert.match(await print('exec', 'one', 'ip', 'route'), /^default via 10\.231\.20\.254 dev lan0/m);
  },
);

test('a network has one subnet of each version, and addresses and ways of both', NEEDS, async (t) => {
  const world = await makeCommandWorld(t);
  const { print } = world;
  const pools = ['--subnet', '10.231.21.0/24', '--subnet', 'fd31:21::/64', '--gateway', 'fd31:21::fe'];
  await print('network', 'create', '-o', 'com.docker.network.enable_ipv6=true', ...pools, 'both');
  await start(world, 'one', '--network', 'both');
  const addresses = await print('exec', 'one', 'ip', '-o', 'addr', 'show', 'eth0');
  assert.match(addresses, /inet 10\.231\.21\.2\/24/);
  assert.match(addresses, /inet6 fd31:21::1\/64/);
  assert.match(await print('exec', 'one', 'ip', '-6', 'route'), /^default via fd31:21::fe dev eth0/m);
});

test('with inhibit_ipv4 the bridge has no address, and containers reach each other through it', NEEDS, async (t) => {
  const world = await makeCommandWorld(t);
  const { print } = world;
  const options = ['-o', `${BRIDGE}.inhibit_ipv4=true`, '-o', `${BRIDGE}.name=gtoptions1`];
  await print('network', 'create', '--subnet', '10.231.22.0/24', ...options, 'quiet');
  assert.deepEqual(listAddresses('gtoptions1'), []);
  await print('run', '-d', '--name', 'one', '--hostname', 'one', '--network', 'quiet', 'busybox', ...SERVE);
  await start(world, 'two', '--network', 'quiet');
  await waitUntil('one to answer', async () => (await hear(world, 'two', '10.231.22.2')) === 'one' || undefined);
  assert.match(await print('exec', 'two', 'ip', 'route'), /^default via 10\.231\.22\.1 dev eth0/m);
  const hidden = ['--internal', '-o', `${BRIDGE}.inhibit_ipv4=true`, '--subnet', '10.231.23.0/24'];
  await print('network', 'create', ...hidden, 'hidden');
  assert.equal(
    await print('network', 'inspect', '-f', '{{json .IPAM.Config}}', 'hidden'),
    '[{"Subnet":"10.231.23.0/24"}]',
  );
  // So its first address is a container's.
  await start(world, 'three', '--network', 'hidden');
  assert.match(await print('exec', 'three', 'ip', '-o', 'addr', 'show', 'eth0'), /inet 10\.231\.23\.1\/24/);
});

/** Another host, which tells who it hears: a network namespace with a link to this one, and a server in it. */
async function startPeer(t: TestContext): Promise<{ readonly address: string; readonly heard: () => Promise<string> }> {
  const name = `gt-${randomBytes(3).toString('hex')}`;
  const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: 'ignore' });
  ip('netns', 'add', name);
  t.after(() => ip('netns', 'delete', name));
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  // TEST-NET-2: RFC 5737.
  ip('addr', 'add', '198.51.100.5/30', 'dev', name);
  ip('link', 'set', name, 'up');
  ip('-n', name, 'addr', 'add', '198.51.100.6/30', 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'route', 'add', 'default', 'via', '198.51.100.5');
  const script = `const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined).end();
    console.log(socket.remoteAddress);
  });
  server.listen(80, '198.51.100.6', () => console.log('ready'));`;
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', script]);
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async () => String((await lines.next()).value);
  assert.equal(await heard(), 'ready');
  return { address: '198.51.100.6', heard };
}

test(
  'what leaves a network has the host’s address, and the container’s own without masquerading',
  requires('root', 'overlay', 'command:busybox', 'command:ip'),
  async (t) => {
    const world = await makeCommandWorld(t);
    const peer = await startPeer(t);
    await world.print('network', 'create', '--subnet', '10.231.28.0/24', 'hidden');
    await start(world, 'one', '--network', 'hidden');
    await hear(world, 'one', peer.address);
    assert.equal(await peer.heard(), '198.51.100.5');
    const open = ['--subnet', '10.231.29.0/24', '-o', `${BRIDGE}.enable_ip_masquerade=false`];
    await world.print('network', 'create', ...open, 'open');
    await start(world, 'two', '--network', 'open');
    await hear(world, 'two', peer.address);
    assert.equal(await peer.heard(), '10.231.29.2');
  },
);

test('a network of two addresses has one for the host and one for a container', NEEDS, async (t) => {
  const world = await makeCommandWorld(t);
  await world.print('network', 'create', '--subnet', '10.231.24.2/31', 'pair');
  await start(world, 'one', '--network', 'pair');
  assert.match(await world.print('exec', 'one', 'ip', '-o', 'addr', 'show', 'eth0'), /inet 10\.231\.24\.3\/31/);
});

test(
  'a running container comes into a network with names, an address, an interface and a way of its choice',
  NEEDS,
  async (t) => {
    const world = await makeCommandWorld(t);
    const { print } = world;
    await print('network', 'create', '--subnet', '10.231.25.0/24', 'late');
    await start(world, 'other', '--network', 'late');
    await print('run', '-d', '--name', 'web', '--hostname', 'web', 'busybox', ...SERVE);
    const options = [
      '--ip',
      '10.231.25.9',
      '--alias',
      'back,front',
      '--link',
      'other:friend',
      '--link-local-ip',
      '169.254.7.7',
    ];
    const way = ['--driver-opt', `${ENDPOINT}.ifname=up7`, '--gw-priority', '1'];
    await print('network', 'connect', ...options, ...way, 'late', 'web');
    const addresses = await print('exec', 'web', 'ip', '-o', 'addr', 'show', 'up7');
    assert.match(addresses, /inet 10\.231\.25\.9\/24/);
    assert.match(addresses, /inet 169\.254\.7\.7\/16/);
    assert.match(await print('exec', 'web', 'ip', 'route'), /^default via 10\.231\.25\.1 dev up7/m);
    await waitUntil('web to answer', async () => (await hear(world, 'other', 'front')) === 'web' || undefined);
    assert.match(await print('exec', 'web', 'nslookup', 'friend'), /10\.231\.25\.2/);
    // The same after a restart, beside the network that it began in.
    await print('restart', '-t', '0', 'web');
    assert.match(await print('exec', 'web', 'ip', '-o', 'addr', 'show', 'up7'), /inet 10\.231\.25\.9\/24/);
    assert.match(await print('exec', 'web', 'ip', 'route'), /^default via 10\.231\.25\.1 dev up7/m);
    await print('network', 'disconnect', 'late', 'web');
    assert.match(await print('exec', 'web', 'ip', 'route'), /^default via [0-9.]+ dev eth0/m);
  },
);

test(
  'each network of a container has its own addresses, hardware address, interface and kernel parameters',
  NEEDS,
  async (t) => {
    const world = await makeCommandWorld(t);
    const { print } = world;
    await print('network', 'create', '--subnet', '10.231.26.0/24', 'left');
    await print('network', 'create', '--subnet', '10.231.27.0/24', 'right');
    const sysctls = ['net.ipv4.conf.IFNAME.log_martians=1', 'net.ipv4.conf.IFNAME.rp_filter=2'];
    const fields = ['name=right', 'ip=10.231.27.9', 'mac-address=02-42-00-00-be-01', 'alias=r', 'gw-priority=5'];
    const driver = [`driver-opt=${ENDPOINT}.ifname=up0`, `"driver-opt=${ENDPOINT}.sysctls=${sysctls.join(',')}"`];
    await start(world, 'one', '--network', 'left', '--network', [...fields, ...driver].join(','));
    const read = (name: string) => print('exec', 'one', 'cat', `/proc/sys/net/ipv4/conf/${name}`);
    for (const when of ['at first', 'again']) {
      assert.match(await print('exec', 'one', 'ip', '-o', 'addr', 'show', 'eth0'), /inet 10\.231\.26\.2\/24/, when);
      assert.match(await print('exec', 'one', 'ip', '-o', 'addr', 'show', 'up0'), /inet 10\.231\.27\.9\/24/, when);
      assert.match(await print('exec', 'one', 'ip', '-o', 'link', 'show', 'up0'), /02:42:00:00:be:01/, when);
      assert.match(await print('exec', 'one', 'ip', 'route'), /^default via 10\.231\.27\.1 dev up0/m, when);
      assert.deepEqual([await read('up0/log_martians'), await read('up0/rp_filter')], ['1', '2'], when);
      assert.equal(await read('eth0/log_martians'), '0', when);
      await print('restart', '-t', '0', 'one');
    }
    const late = ['--driver-opt', `${ENDPOINT}.sysctls=${sysctls[0]}`];
    const { stderr } = await world.run('network', 'connect', ...late, 'bridge', 'one');
    assert.match(stderr, /set when a container starts: connect it while it is stopped/);
  },
);

test('old links tell the ports and variables of the other container, in execs too', NEEDS, async (t) => {
  const world = await makeCommandWorld(t);
  const { print } = world;
  await start(
    world,
    'db-1',
    '--expose',
    '5432',
    '--expose',
    '80-81',
    '-e',
    'USER=me',
    '-e',
    'MODE=fast',
    '-e',
    'HOME=/root',
  );
  const address = await print('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'db-1');
  await start(world, 'client', '--link', 'db-1', '-e', 'DB_1_ENV_USER=own');
  const found = (await print('exec', 'client', 'cat', '/proc/1/environ')).split('\0');
  const wanted = [
    `DB_1_PORT=tcp://${address}:80`,
    `DB_1_PORT_80_TCP=tcp://${address}:80`,
    `DB_1_PORT_80_TCP_ADDR=${address}`,
    'DB_1_PORT_80_TCP_PORT=80',
    'DB_1_PORT_80_TCP_PROTO=tcp',
    `DB_1_PORT_80_TCP_START=tcp://${address}:80`,
    `DB_1_PORT_80_TCP_END=tcp://${address}:81`,
    'DB_1_PORT_80_TCP_PORT_START=80',
    'DB_1_PORT_80_TCP_PORT_END=81',
    `DB_1_PORT_5432_TCP_ADDR=${address}`,
    'DB_1_NAME=/client/db-1',
    // The recipient's own takes its place.
    'DB_1_ENV_USER=own',
    'DB_1_ENV_MODE=fast',
  ];
  assert.deepEqual(
    wanted.filter((line) => !found.includes(line)),
    [],
    found.join('\n'),
  );
  assert.ok(!found.some((line) => line.startsWith('DB_1_ENV_HOME=')));
  assert.ok((await print('exec', 'client', 'env')).split('\n').includes(`DB_1_PORT=tcp://${address}:80`));
  assert.match(await print('exec', 'client', 'cat', '/etc/hosts'), new RegExp(`^${address}\tdb-1$`, 'm'));
});
