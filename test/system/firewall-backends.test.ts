import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { FirewallBackend } from '../../src/model/firewall-backend.js';
import { makeApartHost } from '../support/apart-host.js';
import { findPort } from '../support/find-port.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { hearOnHost, makeNetworkServers } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { makeSecondHost, type SecondHost } from '../support/second-host.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:ip');

/** A state root whose rules are written by one backend. */
async function openWith(t: TestContext, backend: FirewallBackend) {
  const gantry = openGantry();
  t.after(async () => {
    await removeAll(gantry);
    await gantry.close();
  });
  await gantry.run(['embedded', 'busybox']);
  const print: Gantry['print'] = (...words) => gantry.print('--firewall-backend', backend, ...words);
  return { gantry, print, servers: makeNetworkServers({ print }) };
}

async function removeAll({ run, print }: Gantry): Promise<void> {
  const ids = (await print('ps', '-aq')).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await run(['rm', '-f', ...ids]);
  await run(['network', 'prune', '-f']);
}

/** The note of a state root with that network, in which its backend is. */
async function findNote(print: Gantry['print'], network: string): Promise<string> {
  const id = await print('network', 'inspect', '-f', '{{slice .Id 0 12}}', network);
  const [table = ''] = readFileSync(`/sys/class/net/br-${id}/ifalias`, 'utf8').split(' ');
  return `/run/gantry-networks/firewall-${table}`;
}

test('with no firewall at all ports lead to containers, and names are found', NEEDS, async (t) => {
  const { print, servers } = await openWith(t, 'none');
  const port = await findPort();
  await print('network', 'create', 'app');
  assert.equal(readFileSync(await findNote(print, 'app'), 'utf8'), 'none');
  await servers.start('web', '--network', 'app', '-p', `${port}:80`);
  await print('run', '-d', '--name', 'client', '--network', 'app', 'busybox', 'sleep', '1000');
  const host = makeSecondHost(t);
  assert.equal(hearOnHost('127.0.0.1', port), 'web');
  assert.equal(hearOnHost(host.hostAddress, port, host.by), 'web');
  assert.equal(await servers.hear('client', 'web'), 'web');
  const gateway = await print('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'app');
  assert.equal(await servers.hear('client', gateway, port), 'web');
  await print('stop', '-t', '0', 'web');
  assert.equal(hearOnHost('127.0.0.1', port), '');
  await print('start', 'web');
  await waitUntil('the server', () => hearOnHost('127.0.0.1', port) === 'web' || undefined);
});

test(
  'where iptables writes the rules, networks are apart, have their way out, and no rule stays',
  requires(
    'root',
    'overlay',
    'command:busybox',
    'command:ip',
    'command:iptables',
    'command:iptables-save',
    'command:nft',
  ),
  async (t) => {
    const before = listRules();
    const tables = listTables();
    // The command leaves its tables, with no rule in them, where it made them.
    t.after(() => {
      for (const table of listTables())
        if (!tables.includes(table)) execFileSync('nft', ['delete', 'table', 'ip', table]);
    });
    const { gantry, print, servers } = await openWith(t, 'iptables');
    const host = makeSecondHost(t);
    const port = await findPort();
    await print('network', 'create', 'back');
    await print('network', 'create', '--internal', 'inside');
    await servers.start('web', '-p', `${port}:80`);
    await servers.start('db', '--network', 'back');
    await servers.start('kept', '--network', 'inside');
    await print('run', '-d', '--name', 'client', 'busybox', 'sleep', '1000');
    assert.equal(hearOnHost('127.0.0.1', port), 'web');
    assert.equal(hearOnHost(host.hostAddress, port, host.by), 'web');
    const web = await servers.addressOf('web', 'bridge');
    assert.equal(await servers.hear('client', web), 'web');
    assert.equal(hearOnHost(web, 80, host.by), '');
    assert.equal(await servers.hear('client', await servers.addressOf('db', 'back')), '');
    assert.equal(await servers.hear('client', await servers.addressOf('kept', 'inside')), '');
    await listen(t, host);
    assert.equal(await servers.hear('client', host.address, 8000), `asked by ${host.hostAddress}`);
    assert.equal(await servers.hear('kept', host.address, 8000), '');
    assert.notDeepEqual(listRules(), before);
    await removeAll(gantry);
    assert.deepEqual(listRules(), before);
  },
);

/** A server at the other host that says by whom it is asked: the address of the host, where networks have their way out. */
async function listen(t: TestContext, { by }: SecondHost): Promise<void> {
  const server = `require('node:net').createServer((s) => s.end('asked by ' + s.remoteAddress)).listen(8000, '0.0.0.0', () => console.log('ready'))`;
  const [program = '', ...words] = [...by, process.execPath, '-e', server];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

/** Rules and chains that are Gantry's, and all rules of others. */
function listRules(): readonly string[] {
  return ['iptables-save', 'ip6tables-save'].flatMap((tool) =>
    execFileSync(tool, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter((line) => line.startsWith('-A') || line.includes('gantry')),
  );
}

/** Of IPv4, as iptables has them in nftables; none with the older iptables. */
function listTables(): readonly string[] {
  const text = execFileSync('nft', ['list', 'tables', 'ip'], { encoding: 'utf8' });
  return [...text.matchAll(/^table ip (\S+)$/gm)].map(([, name = '']) => name);
}

test('a backend that is asked for later counts when all bridges have gone', NEEDS, async (t) => {
  const { gantry, print } = await openWith(t, 'none');
  await print('network', 'create', 'first');
  await gantry.print('--firewall-backend', 'nftables', 'network', 'create', 'second');
  const note = await findNote(print, 'first');
  assert.equal(readFileSync(note, 'utf8'), 'none');
  await print('network', 'rm', 'first', 'second');
  assert.ok(!existsSync(note));
  await gantry.print('--firewall-backend', 'nftables', 'network', 'create', 'third');
  assert.equal(readFileSync(note, 'utf8'), 'nftables');
});

test(
  'where others drop what is forwarded, networks have their way out and their published ports, and no rule stays',
  requires('root', 'overlay', 'command:busybox', 'command:ip', 'command:iptables', 'command:unshare'),
  async (t) => {
    const apart = await makeApartHost(t, { folder: makeTemporaryFolder(t), hostname: 'apart', etc: {} });
    const onHost = (...words: readonly string[]): string => {
      const [program = '', ...rest] = [...apart.by, ...words];
      return execFileSync(program, rest, { encoding: 'utf8' });
    };
    onHost('iptables', '-P', 'FORWARD', 'DROP');
    // As dockerd leaves it; by its bridge Gantry knows that it is to look.
    onHost('ip', 'link', 'add', 'docker0', 'type', 'bridge');
    const before = onHost('iptables', '-S');
    const gantry = openGantry(apart.by);
    t.after(() => gantry.close());
    await gantry.run(['embedded', 'busybox']);
    const servers = makeNetworkServers(gantry);
    const host = makeSecondHost(t, { hostBy: apart.byNetwork });
    await listen(t, host);
    await servers.start('web', '-p', '8080:80');
    assert.equal(hearOnHost(host.hostAddress, 8080, host.by), 'web');
    assert.equal(await servers.hear('web', host.address, 8000), `asked by ${host.hostAddress}`);
    // What nftables keeps apart stays so.
    assert.equal(hearOnHost(await servers.addressOf('web', 'bridge'), 80, host.by), '');
    await gantry.print('rm', '-f', 'web');
    assert.equal(onHost('iptables', '-S'), before);
  },
);
