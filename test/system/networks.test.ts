import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { findPort } from '../support/find-port.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { openGantryHere } from '../support/gantry-here.js';
import { hearOnHost, makeNetworkServers } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { makeSecondHost } from '../support/second-host.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

const HAS_IPV6 = existsSync('/proc/net/if_inet6');

let gantry: Gantry;
let interfacesBefore: readonly string[];

before(async () => {
  interfacesBefore = listInterfaces();
  gantry = openGantryHere();
  await gantry.run(['embedded', 'busybox']);
});

afterEach(async () => {
  const { stdout } = await gantry.run(['ps', '-aq']);
  const ids = stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await gantry.run(['rm', '-f', ...ids]);
  await gantry.run(['network', 'prune', '-f']);
});

after(() => gantry.close());

const print = (...words: readonly string[]) => gantry.print(...words);

const refusal = (...words: readonly string[]) => gantry.refusal(...words);

/** What is left of a state root that is gone is another test's at work, unless it has the name. */
async function listStrays(name?: string): Promise<readonly string[]> {
  const lines = (await print('network', 'check', '--dry-run')).split('\n');
  const isOthers = (line: string) => / is gone$/.test(line) && line.includes('its state root');
  return lines.filter((line) => line !== '' && (!isOthers(line) || (name !== undefined && line.includes(name))));
}

/** What `port` prints of port 80 that is published at every address. */
function listPublished(port: number): readonly string[] {
  return [`80/tcp -> 0.0.0.0:${port}`, ...(HAS_IPV6 ? [`80/tcp -> [::]:${port}`] : [])];
}

function listInterfaces(): readonly string[] {
  return readdirSync('/sys/class/net');
}

const { start: startServer, hear, addressOf } = makeNetworkServers({ print });

test('containers of the default network reach each other and the host by address', NEEDS, async () => {
  await startServer('one');
  await startServer('two');
  const [one, two] = [await addressOf('one', 'bridge'), await addressOf('two', 'bridge')];
  assert.notEqual(one, two);
  assert.equal(await hear('one', two), 'two');
  assert.equal(await hear('two', one), 'one');
  assert.equal(hearOnHost(one, 80), 'one');
  const gateway = await print('inspect', '-f', '{{.NetworkSettings.Gateway}}', 'one');
  assert.match(await print('exec', 'one', 'ip', 'route'), new RegExp(`^default via ${gateway} dev eth0`));
  assert.match(await print('exec', 'one', 'cat', '/etc/hosts'), new RegExp(`^${one}\tone$`, 'm'));
});

test('a published port is reached from every address, from a second host, and by the container itself', {
  ...requires('root', 'overlay', 'command:busybox', 'command:ip'),
}, async (t) => {
  const port = await findPort();
  await startServer('web', '-p', `${port}:80`);
  await print('run', '-d', '--name', 'other', 'busybox', 'sleep', '1000');
  const gateway = await print('inspect', '-f', '{{.NetworkSettings.Gateway}}', 'web');
  assert.equal(hearOnHost('127.0.0.1', port), 'web');
  assert.equal(hearOnHost(gateway, port), 'web');
  assert.equal(await hear('other', gateway, port), 'web');
  assert.equal(await hear('web', gateway, port), 'web');
  const host = makeSecondHost(t);
  assert.equal(hearOnHost(host.hostAddress, port, host.by), 'web');
  // What is not published is not reached from outside, whatever routes there are.
  assert.equal(hearOnHost(await addressOf('web', 'bridge'), 80, host.by), '');
  assert.deepEqual((await print('port', 'web')).split('\n'), listPublished(port));
  await print('rm', '-f', 'web');
  assert.equal(hearOnHost('127.0.0.1', port), '');
});

test('a port that leads to one address is reached at that alone', NEEDS, async () => {
  const port = await findPort();
  await startServer('local', '-p', `127.0.0.1:${port}:80`);
  const gateway = await print('inspect', '-f', '{{.NetworkSettings.Gateway}}', 'local');
  assert.equal(hearOnHost('127.0.0.1', port), 'local');
  assert.equal(hearOnHost(gateway, port), '');
});

test('no container reaches what listens on the loopback of the host', NEEDS, async (t) => {
  const server = createServer((socket) => socket.end('secret'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { readonly port: number };
  await print('run', '-d', '--name', 'thief', '--cap-add', 'NET_ADMIN', 'busybox', 'sleep', '1000');
  const gateway = await print('inspect', '-f', '{{.NetworkSettings.Gateway}}', 'thief');
  // CVE-2020-8558: with a route of its own it sends what is for 127.0.0.1 to the host.
  const script = `ip addr del 127.0.0.1/8 dev lo; ip link set lo down; ip route add 127.0.0.1/32 via ${gateway}`;
  await print(
    'exec',
    '--privileged',
    'thief',
    'sh',
    '-c',
    `${script}; echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet; true`,
  );
  assert.equal(await hear('thief', '127.0.0.1', port), '');
});

test('nobody takes an address or a way from a container that says to be a router', NEEDS, async () => {
  await print(
    'network',
    'create',
    '--ipv6',
    '--subnet',
    'fd00:213:8::/64',
    '--opt',
    'com.docker.network.bridge.name=gtsix',
    'six',
  );
  await startServer('plain');
  await startServer('six', '--network', 'six');
  await print('network', 'connect', 'six', 'plain');
  const read = (path: string) => readFileSync(`/proc/sys/net/ipv6/conf/${path}`, 'utf8').trim();
  const bridge = await print(
    'network',
    'inspect',
    '-f',
    '{{index .Options "com.docker.network.bridge.name"}}',
    'bridge',
  );
  assert.deepEqual([read(`${bridge}/accept_ra`), read(`${bridge}/disable_ipv6`)], ['0', '1']);
  assert.deepEqual([read('gtsix/accept_ra'), read('gtsix/disable_ipv6')], ['0', '0']);
  const script = 'cat /proc/sys/net/ipv6/conf/eth*/accept_ra';
  assert.equal(await print('exec', 'plain', 'sh', '-c', script), '0\n0');
  assert.equal(await print('exec', 'six', 'sh', '-c', script), '0');
});

test('a port that is taken refuses the start by name, and nothing stays', NEEDS, async (t) => {
  const port = await findPort();
  await startServer('first', '-p', `${port}:80`);
  const taken = new RegExp(
    `^125 gantry: failed to set up container networking: driver failed programming external connectivity on endpoint second \\([0-9a-f]{64}\\): Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated`,
  );
  assert.match(await refusal('run', '-d', '--name', 'second', '-p', `${port}:80`, 'busybox', 'sleep', '9'), taken);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  t.after(() => server.close());
  const { port: foreign } = server.address() as { readonly port: number };
  const used = new RegExp(
    `^125 gantry: .*failed to bind host port for 0\\.0\\.0\\.0:${foreign}:[0-9.]+:80/tcp: address already in use`,
  );
  assert.match(await refusal('run', '-d', '--name', 'third', '-p', `${foreign}:80`, 'busybox', 'sleep', '9'), used);
  assert.equal(await print('network', 'inspect', '-f', '{{len .Containers}}', 'bridge'), '1');
});

test('a start that fails once its network is connected gives address and port back', NEEDS, async () => {
  const port = await findPort();
  const options = ['--ip', '10.203.7.9', '--network', 'fixed', '-p', `${port}:80`];
  await print('network', 'create', '--subnet', '10.203.7.0/24', 'fixed');
  const refused = await refusal('run', '-d', '--name', 'nobody', '--user', 'nobody-there', ...options, 'busybox');
  assert.match(refused, /unable to find user nobody-there/);
  await print('rm', 'nobody');
  await startServer('somebody', ...options);
  assert.equal(hearOnHost('127.0.0.1', port), 'somebody');
  assert.deepEqual(await listStrays(), []);
});

test('an ephemeral port, a range and all exposed ports get free ones', NEEDS, async () => {
  const first = await findPort();
  await startServer('any', '-p', '80', '-p', `${first}-${first + 20}:81`);
  const lines = (await print('port', 'any')).split('\n').filter((line) => line.includes('0.0.0.0'));
  const [any = '', ranged = ''] = lines.map((line) => line.split(':')[1] ?? '');
  assert.equal(hearOnHost('127.0.0.1', Number(any)), 'any');
  assert.ok(Number(ranged) >= first && Number(ranged) <= first + 20, lines.join());
  await startServer('all', '-P', '--expose', '80');
  const published = await print('port', 'all', '80/tcp');
  assert.equal(hearOnHost('127.0.0.1', Number(published.split('\n')[0]?.split(':')[1])), 'all');
  await print('commit', '--change', 'EXPOSE 81/udp', 'all', 'exposing:1');
  await print('run', '-d', '-P', '--name', 'image', 'exposing:1', 'sleep', '1000');
  assert.match(await print('port', 'image'), /^81\/udp -> 0\.0\.0\.0:\d+$/m);
});

test('networks are apart; a container comes into one and leaves it while it runs', NEEDS, async () => {
  await print('network', 'create', 'back');
  await startServer('db', '--network', 'back');
  await print('run', '-d', '--name', 'client', 'busybox', 'sleep', '1000');
  const db = await addressOf('db', 'back');
  assert.equal(await hear('client', db), '');
  await print('network', 'connect', 'back', 'client');
  assert.equal(await hear('client', db), 'db');
  assert.match(await print('exec', 'client', 'ip', '-o', 'addr'), /eth1/);
  await print('restart', '-t', '0', 'client');
  assert.equal(await hear('client', db), 'db');
  await print('network', 'disconnect', 'back', 'client');
  assert.equal(await hear('client', db), '');
  assert.doesNotMatch(await print('exec', 'client', 'ip', '-o', 'addr'), /eth1/);
  await print('network', 'disconnect', 'bridge', 'client');
  assert.doesNotMatch(await print('exec', 'client', 'ip', '-o', 'addr'), /eth/);
});

test('containers that start at once bring their network up once, and all of them are in it', NEEDS, async () => {
  const names = ['first', 'second', 'third', 'fourth'];
  await Promise.all(names.map((name) => print('run', '-d', '--name', name, 'busybox', 'sleep', '1000')));
  const addresses = await Promise.all(names.map((name) => addressOf(name, 'bridge')));
  assert.equal(new Set(addresses).size, names.length);
  await startServer('server');
  const server = await addressOf('server', 'bridge');
  for (const name of names) assert.equal(await hear(name, server), 'server');
  assert.deepEqual(await listStrays(), []);
});

test('options of a bridge: containers apart, and where ports are published', NEEDS, async () => {
  const [icc, binding] = ['enable_icc=0', 'host_binding_ipv4=127.0.0.1'].map(
    (text) => `com.docker.network.bridge.${text}`,
  );
  await print('network', 'create', '--opt', icc ?? '', '--opt', binding ?? '', 'apart');
  const port = await findPort();
  await startServer('one', '--network', 'apart', '-p', `${port}:80`);
  await print('run', '-d', '--name', 'two', '--network', 'apart', 'busybox', 'sleep', '1000');
  assert.equal(await hear('two', await addressOf('one', 'apart')), '');
  assert.equal(await print('port', 'one'), `80/tcp -> 127.0.0.1:${port}`);
  assert.equal(hearOnHost('127.0.0.1', port), 'one');
});

test('an internal network has no way out, and nobody comes in', NEEDS, async () => {
  await print('network', 'create', '--internal', 'inside');
  const port = await findPort();
  await startServer('kept', '--network', 'inside', '-p', `${port}:80`);
  await startServer('free');
  assert.doesNotMatch(await print('exec', 'kept', 'ip', 'route'), /default/);
  assert.equal(await hear('kept', await addressOf('free', 'bridge')), '');
  assert.equal(await hear('free', await addressOf('kept', 'inside')), '');
  assert.equal(await print('port', 'kept'), '');
  await print('network', 'connect', 'bridge', 'kept');
  assert.equal(hearOnHost('127.0.0.1', port), 'kept');
  assert.deepEqual((await print('port', 'kept')).split('\n'), listPublished(port));
});

test(
  'a container has the address and the hardware address that it asks for, and keeps them over a restart',
  NEEDS,
  async () => {
    await print('network', 'create', '--subnet', '10.213.7.0/24', '--ip-range', '10.213.7.128/25', 'fixed');
    const mac = '02:42:00:00:be:ef';
    await startServer('asked', '--network', 'fixed', '--ip', '10.213.7.9', '--mac-address', mac);
    await startServer('given', '--network', 'fixed');
    // The first of the range is the gateway.
    assert.equal(await addressOf('given', 'fixed'), '10.213.7.129');
    await print('restart', '-t', '0', 'asked');
    assert.match(await print('exec', 'asked', 'ip', '-o', 'addr', 'show', 'eth0'), /inet 10\.213\.7\.9\/24/);
    assert.match(await print('exec', 'asked', 'ip', '-o', 'link', 'show', 'eth0'), new RegExp(mac));
    // As Docker makes it: no queue of its own.
    assert.equal(await print('exec', 'asked', 'cat', '/sys/class/net/eth0/tx_queue_len'), '0');
    assert.match(
      await refusal('run', '--network', 'fixed', '--ip', '10.213.7.9', 'busybox', 'true'),
      /^125 gantry: .*Address already in use/,
    );
  },
);

test('a port is published at IPv6 addresses too, whatever the network has', {
  ...requires('root', 'overlay', 'command:busybox', 'ipv6'),
}, async () => {
  const port = await findPort();
  await startServer('four', '-p', `${port}:80`);
  assert.equal(hearOnHost('::1', port), 'four');
  assert.match(await refusal('run', '-p', `[::]:${port}:80`, 'busybox', 'true'), /port is already allocated/);
  // It comes to the new address of the container when that has changed.
  await print('network', 'create', 'later');
  await print('network', 'connect', 'later', 'four');
  await print('network', 'disconnect', 'bridge', 'four');
  assert.equal(hearOnHost('::1', port), 'four');
  assert.equal(hearOnHost('127.0.0.1', port), 'four');
  await print('restart', '-t', '0', 'four');
  await waitUntil('the server', () => hearOnHost('::1', port) === 'four' || undefined);
  await print('rm', '-f', 'four');
  assert.equal(hearOnHost('::1', port), '');
});

test('IPv6: addresses, ways and published ports', NEEDS, async () => {
  await print('network', 'create', '--ipv6', '--subnet', 'fd00:213:7::/64', 'six');
  const port = await findPort();
  await startServer('web', '--network', 'six', '-p', `[::]:${port}:80`);
  await print('run', '-d', '--name', 'other', '--network', 'six', 'busybox', 'sleep', '1000');
  const address = await print('inspect', '-f', '{{(index .NetworkSettings.Networks "six").GlobalIPv6Address}}', 'web');
  assert.match(address, /^fd00:213:7::/);
  assert.equal(await hear('other', address), 'web');
  for (const at of ['::1', 'fd00:213:7::1']) assert.equal(hearOnHost(at, port), 'web');
  assert.match(await print('exec', 'web', 'ip', '-6', 'route'), /^default via fd00:213:7::1 dev eth0/m);
});

test('a container of a user namespace is in its network too', NEEDS, async () => {
  await startServer('plain');
  await print('--userns-remap', '300000:65536', 'run', '-d', '--name', 'mapped', 'busybox', 'sleep', '1000');
  assert.equal(await hear('mapped', await addressOf('plain', 'bridge')), 'plain');
});

test('when a monitor is killed its address and ports are free again, and nothing leads to it', NEEDS, async () => {
  const port = await findPort();
  await startServer('dead', '-p', `${port}:80`);
  const address = await addressOf('dead', 'bridge');
  const pid = await print('inspect', '-f', '{{.State.Pid}}', 'dead');
  const monitor = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  process.kill(Number(monitor), 'SIGKILL');
  await waitUntil('the end of the container', async () => {
    // An engine that opens finds out.
    await gantry.start(['images']).result;
    return (await print('inspect', '-f', '{{.State.Status}}', 'dead')) === 'exited' || undefined;
  });
  await startServer('next', '-p', `${port}:80`);
  assert.equal(await addressOf('next', 'bridge'), address);
  assert.equal(hearOnHost('127.0.0.1', port), 'next');
});

test(
  'what was flushed or removed by others is made again at the next start',
  requires('root', 'overlay', 'command:busybox', 'command:ip'),
  async () => {
    await print('network', 'create', 'gone');
    const name = `br-${await print('network', 'inspect', '-f', '{{slice .Id 0 12}}', 'gone')}`;
    execFileSync('ip', ['link', 'delete', name]);
    await startServer('back', '--network', 'gone');
    assert.ok(listInterfaces().includes(name));
  },
);

test('containers of a network find each other by name, alias and id, and others outside', NEEDS, async () => {
  await print('network', 'create', 'app');
  await startServer('db', '--network', 'app', '--network-alias', 'data');
  await startServer('db2', '--network', 'app', '--network-alias', 'data');
  await print('run', '-d', '--name', 'client', '--network', 'app', 'busybox', 'sleep', '1000');
  const id = await print('inspect', '-f', '{{slice .Id 0 12}}', 'db');
  for (const name of ['db', 'db.app', id, 'DB']) assert.equal(await hear('client', name), 'db', name);
  const heard = new Set<string>();
  await waitUntil('both to answer in turns', async () => {
    heard.add(await hear('client', 'data'));
    return heard.size === 2 || undefined;
  });
  assert.deepEqual([...heard].sort(), ['db', 'db2']);
  await print('rename', 'db', 'base');
  assert.equal(await hear('client', 'base'), 'db');
  await print('rm', '-f', 'base');
  assert.equal(await hear('client', 'base'), '');
  assert.equal(await hear('client', 'data'), 'db2');
});

test(
  'a container in the network of another has its names and files, whatever that is called later',
  NEEDS,
  async () => {
    await print('network', 'create', 'app');
    await startServer('db', '--network', 'app');
    await startServer('donor', '--network', 'app');
    await print('run', '-d', '--name', 'guest', '--network', 'container:donor', 'busybox', 'sleep', '1000');
    await print('rename', 'donor', 'host');
    await print('restart', '-t', '0', 'guest');
    assert.equal(await hear('guest', 'db'), 'db');
    for (const path of ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf']) {
      assert.equal(await print('exec', 'guest', 'cat', path), await print('exec', 'host', 'cat', path));
    }
    assert.equal(await print('exec', 'guest', 'hostname'), 'donor');
    const paths = '{{.HostsPath}} {{.ResolvConfPath}} {{.HostnamePath}}';
    assert.equal(await print('inspect', '-f', paths, 'guest'), await print('inspect', '-f', paths, 'host'));
  },
);

test('the own name of a container leads to its address in the network that is its way out', NEEDS, async () => {
  for (const [name, number] of [
    ['west', 21],
    ['east', 22],
  ]) {
    await print('network', 'create', '--subnet', `10.213.${number}.0/24`, String(name));
  }
  await startServer('both', '--network', 'west');
  await print('network', 'connect', 'east', 'both');
  assert.match(await print('exec', 'both', 'ip', 'route'), /^default via 10\.213\.22\.1 /);
  assert.match(await print('exec', 'both', 'nslookup', 'both'), /Address: 10\.213\.22\.2$/m);
});

test('old links of the default network are in the file of hosts', NEEDS, async () => {
  await startServer('db');
  await print('run', '-d', '--name', 'client', '--link', 'db:data', 'busybox', 'sleep', '1000');
  assert.equal(await hear('client', 'data'), 'db');
  assert.equal(await hear('client', 'db'), 'db');
  const links = '{{json .HostConfig.Links}} {{json .NetworkSettings.Networks.bridge.Links}}';
  assert.equal(await print('inspect', '-f', links, 'client'), '["/db:/client/data"] null');
  // The other comes back elsewhere, for a third has its address.
  const address = await addressOf('db', 'bridge');
  await print('stop', '-t', '0', 'db');
  for (let taken = ''; taken !== address; ) {
    const id = await print('run', '-d', 'busybox', 'sleep', '1000');
    taken = await print('inspect', '-f', '{{.NetworkSettings.IPAddress}}', id);
  }
  await print('start', 'db');
  assert.notEqual(await addressOf('db', 'bridge'), address);
  // It listens a moment after it has started.
  await waitUntil('the other to be heard', async () => (await hear('client', 'data')) === 'db' || undefined);
});

test('network check tells what crashes have left and removes it, and nothing else', NEEDS, async () => {
  const other = openGantry();
  await other.run(['network', 'create', '--subnet', '10.213.8.0/24', 'lost']);
  const { stdout } = await other.run(['network', 'inspect', '-f', '{{slice .Id 0 12}}', 'lost']);
  const name = `br-${stdout.trim()}`;
  assert.ok(listInterfaces().includes(name));
  assert.doesNotMatch(await print('network', 'check'), new RegExp(name));
  rmSync(other.folder, { recursive: true });
  assert.match(
    await print('network', 'check', '--dry-run'),
    new RegExp(`^bridge ${name}: its state root .* is gone$`, 'm'),
  );
  assert.ok(listInterfaces().includes(name));
  assert.match(await print('network', 'check'), new RegExp(`^removed bridge ${name}: `, 'm'));
  assert.ok(!listInterfaces().includes(name));
  assert.deepEqual(await listStrays(name), []);
});

test(
  'what a process that was killed took without saying for whom is found, and holds nothing for ever',
  NEEDS,
  async (t) => {
    // A test network of RFC 5737, and a state root that never was.
    const names = ['subnet-198.51.100.64_26', 'user-gantry_000000000000', 'firewall-gantry_000000000001'];
    const paths = names.map((name) => join('/run/gantry-networks', name));
    t.after(() => {
      for (const path of paths) rmSync(path, { force: true });
    });
    for (const path of paths) writeFileSync(path, '');
    const check = async () =>
      (await print('network', 'check')).split('\n').filter((line) => /does not say|no state root/.test(line));
    assert.deepEqual(await check(), []);
    const aMinuteAgo = Date.now() / 1000 - 60;
    for (const path of paths) utimesSync(path, aMinuteAgo, aMinuteAgo);
    assert.deepEqual(await check(), [
      'removed firewall gantry_000000000000: it does not say whose it is',
      'removed firewall gantry_000000000001: no state root has it',
      'removed claim of 198.51.100.64/26: it does not say whose it is',
    ]);
    assert.deepEqual([await check(), paths.filter(existsSync)], [[], []]);
  },
);

test('without containers and networks nothing of them is on the host', NEEDS, async () => {
  await startServer('one');
  await print('network', 'create', 'mine');
  await print('rm', '-f', 'one');
  await print('network', 'rm', 'mine');
  // The default network goes with the last engine.
  await gantry.start(['images']).result;
  const left = listInterfaces().filter((name) => !interfacesBefore.includes(name) && /^(br-|gantry|veth)/.test(name));
  await waitUntil('the end of the pairs', () => left.every((name) => !listInterfaces().includes(name)) || undefined);
});
