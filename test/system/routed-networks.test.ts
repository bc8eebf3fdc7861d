import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { openApart } from '../support/apart-engine.js';
import { findPort } from '../support/find-port.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { hearOnHost, makeNetworkServers, startWhoCalls } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { makeSecondHost } from '../support/second-host.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:ip', 'command:nft');
const MODE = 'com.docker.network.bridge.gateway_mode_ipv';

async function open(t: TestContext) {
  const gantry = openGantry();
  t.after(async () => {
    const ids = (await gantry.print('ps', '-aq')).split('\n').filter((id) => id !== '');
    await gantry.run(['rm', '-f', ...ids]);
    await gantry.run(['network', 'prune', '-f']);
    await gantry.close();
  });
  await gantry.run(['embedded', 'busybox']);
  return { ...gantry, servers: makeNetworkServers(gantry) };
}

/** One more server in a container, at a port that is not published. */
async function serveAlso({ print }: Pick<Gantry, 'print'>, name: string, port: number): Promise<void> {
  await print('exec', '-d', name, 'nc', '-ll', '-p', String(port), '-e', 'hostname');
  await waitUntil(`${name} to listen at ${port}`, async () => {
    const address = `:${port.toString(16).padStart(4, '0').toUpperCase()} `;
    return (await print('exec', name, 'cat', '/proc/net/tcp', '/proc/net/tcp6')).includes(address) || undefined;
  });
}

/** The elements of the state root's sets of open ports, as nft shows them. */
async function listOpened({ print }: Pick<Gantry, 'print'>, network: string): Promise<readonly string[]> {
  const id = await print('network', 'inspect', '-f', '{{slice .Id 0 12}}', network);
  const alias = readFileSync(`/sys/class/net/br-${id}/ifalias`, 'utf8');
  return ['open4', 'open6'].flatMap((set) => {
    const words = ['list', 'set', 'inet', alias.split(' ')[0] ?? '', set];
    const text = execFileSync('nft', words, { encoding: 'utf8' });
    const [, elements = ''] = /elements = \{([^}]*)\}/.exec(text) ?? [];
    return elements.split(',').flatMap((element) => element.trim() || []);
  });
}

/** True where nobody has that port at any address. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isHeard = await new Promise<boolean>((resolve) =>
    server.once('error', () => resolve(false)).listen(port, '::', () => resolve(true)),
  );
  await new Promise((resolve) => server.close(resolve));
  return isHeard;
}

test(
  'a routed container is reached at its own address and published ports, by no port of the host, and seen as itself',
  NEEDS,
  async (t) => {
    const gantry = await open(t);
    const { print, servers } = gantry;
    const host = makeSecondHost(t);
    const port = await findPort();
    await print('network', 'create', '-o', `${MODE}4=routed`, 'routed');
    await servers.start('web', '--network', 'routed', '-p', `${port}:80`);
    await serveAlso(gantry, 'web', 81);
    const address = await servers.addressOf('web', 'routed');
    assert.deepEqual(
      [80, 81].map((one) => hearOnHost(address, one, host.by)),
      ['web', ''],
    );
    execFileSync('ip', [...host.by.slice(1), 'busybox', 'ping', '-c', '1', '-W', '3', address], { stdio: 'ignore' });
    assert.equal(hearOnHost(host.hostAddress, port, host.by), '');
    assert.ok(await isFree(port));
    assert.deepEqual(
      [await print('port', 'web'), await print('port', 'web', '80'), await print('ps', '--format', '{{.Ports}}')],
      ['80/tcp -> 0.0.0.0:', '0.0.0.0:', '80/tcp'],
    );
    assert.equal(
      await print('inspect', '-f', '{{json .NetworkSettings.Ports}}', 'web'),
      '{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":""}]}',
    );
    assert.equal(await servers.hear('web', host.address, await startWhoCalls(t, host.by)), address);

    // Containers of other networks are as other hosts, where their network has a way out.
    await print('network', 'create', '--internal', 'inside');
    await print('run', '-d', '--name', 'other', 'busybox', 'sleep', '1000');
    assert.equal(await servers.hear('other', address), 'web');
    await print(
      ...['run', '-d', '--name', 'kept', '--network', 'inside', '--cap-add', 'NET_ADMIN'],
      'busybox',
      'sleep',
      '9',
    );
    const way = await print('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'inside');
    await print('exec', 'kept', 'ip', 'route', 'add', 'default', 'via', way);
    assert.equal(await servers.hear('kept', address), '');

    assert.deepEqual(await listOpened(gantry, 'routed'), [`${address} . tcp . 80`]);
    await print('rm', '-f', 'web');
    assert.deepEqual(await listOpened(gantry, 'routed'), []);
  },
);

test(
  'ports of a container that runs open as it comes into a routed network, and close as it leaves it',
  NEEDS,
  async (t) => {
    const gantry = await open(t);
    const { print, servers } = gantry;
    const host = makeSecondHost(t);
    const port = await findPort();
    await print('network', 'create', '-o', `${MODE}4=routed`, 'zone');
    await servers.start('web', '-p', `${port}:80`, '-p', '53/udp');
    assert.deepEqual(await listOpened(gantry, 'zone').catch(() => []), []);
    await print('network', 'connect', 'zone', 'web');
    const address = await servers.addressOf('web', 'zone');
    assert.deepEqual((await listOpened(gantry, 'zone')).toSorted(), [`${address} . tcp . 80`, `${address} . udp . 53`]);
    // The way to all others is still that of the network before.
    assert.equal(hearOnHost(host.hostAddress, port, host.by), 'web');
    await print('network', 'disconnect', 'zone', 'web');
    assert.deepEqual(await listOpened(gantry, 'zone'), []);
    assert.equal(hearOnHost(host.hostAddress, port, host.by), 'web');

    await print('network', 'connect', '--gw-priority', '1', 'zone', 'web');
    assert.equal(hearOnHost(host.hostAddress, port, host.by), '');
    // A monitor that is killed closes nothing: the next command does.
    const pid = await print('inspect', '-f', '{{.State.Pid}}', 'web');
    const [, monitor] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    process.kill(Number(monitor), 'SIGKILL');
    await waitUntil('the end', async () => (await print('ps', '-q')) === '' || undefined);
    assert.deepEqual(await listOpened(gantry, 'zone'), []);
  },
);

test(
  'one family is routed while the other is translated',
  requires('root', 'overlay', 'ipv6', 'command:busybox', 'command:ip', 'command:nft'),
  async (t) => {
    const gantry = await open(t);
    const { print, servers } = gantry;
    const linkName = `gt-${randomBytes(3).toString('hex')}`;
    const host = makeSecondHost(t, { linkName });
    // Unique local addresses: RFC 4193.
    const prefix = `fd${randomBytes(5)
      .toString('hex')
      .replace(/^(..)(....)/, '$1:$2:')}`;
    const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: 'ignore' });
    ip('addr', 'add', `${prefix}:1::1/64`, 'dev', linkName, 'nodad');
    const [, ...toHost] = host.by;
    ip(...toHost, 'ip', 'addr', 'add', `${prefix}:1::2/64`, 'dev', 'eth0', 'nodad');
    ip(...toHost, 'ip', 'route', 'add', 'default', 'via', `${prefix}:1::1`);
    const port = await findPort();
    await print('network', 'create', '--ipv6', '--subnet', `${prefix}:2::/64`, '-o', `${MODE}6=routed`, 'both');
    await servers.start('web', '--network', 'both', '-p', `${port}:80`);
    await serveAlso(gantry, 'web', 81);
    const address = await print('inspect', '-f', '{{.NetworkSettings.Networks.both.GlobalIPv6Address}}', 'web');
    assert.deepEqual(
      [80, 81].map((one) => hearOnHost(address, one, host.by)),
      ['web', ''],
    );
    assert.equal(hearOnHost(host.hostAddress, port, host.by), 'web');
    assert.equal(hearOnHost(await servers.addressOf('web', 'both'), 80, host.by), '');
    assert.deepEqual(
      [await print('port', 'web'), await print('ps', '--format', '{{.Ports}}')],
      [`80/tcp -> 0.0.0.0:${port}\n80/tcp -> [::]:`, `0.0.0.0:${port}->80/tcp`],
    );
    assert.deepEqual(await listOpened(gantry, 'both'), [`${address} . tcp . 80`]);
  },
);

test(
  'rules of iptables open the ports of routed containers, and close them as those go',
  requires('root', 'overlay', 'command:busybox', 'command:ip', 'command:iptables', 'command:unshare'),
  async (t) => {
    const { onHost, host, print: plainly, run } = await openApart(t);
    const print: typeof plainly = (...words) => plainly('--firewall-backend', 'iptables', ...words);
    await run(['embedded', 'busybox']);
    const before = onHost('iptables', '-S');
    const servers = makeNetworkServers({ print });
    await print('network', 'create', '-o', `${MODE}4=routed`, 'routed');
    await print('network', 'create', 'plain');
    const empty = onHost('iptables', '-S');
    await servers.start('web', '--network', 'routed', '-p', '8080:80');
    await servers.start('other', '--network', 'plain', '-p', '8081:80');
    await serveAlso({ print }, 'web', 81);
    const address = await servers.addressOf('web', 'routed');
    assert.deepEqual(
      [80, 81].map((one) => hearOnHost(address, one, host.by)),
      ['web', ''],
    );
    assert.deepEqual(
      [8080, 8081].map((one) => hearOnHost(host.hostAddress, one, host.by)),
      ['', 'other'],
    );
    assert.equal(await servers.hear('other', address), 'web');
    assert.equal(await servers.hear('web', host.address, await startWhoCalls(t, host.by)), address);
    await print('network', 'connect', 'routed', 'other');
    assert.equal(hearOnHost(await servers.addressOf('other', 'routed'), 80, host.by), 'other');
    await print('network', 'disconnect', 'routed', 'other');
    await print('rm', '-f', 'web');
    assert.equal(onHost('iptables', '-S'), empty);
    await print('rm', '-f', 'other');
    await print('network', 'rm', 'routed', 'plain');
    assert.equal(onHost('iptables', '-S'), before);
  },
);
