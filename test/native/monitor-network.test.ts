import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import type { PublishedPort } from '../../src/engine/networks/port-requests.js';
import { listInterfaces, makeBridgeWorld } from '../support/bridge-world.js';
import { findPort } from '../support/find-port.js';
import { ask, makePlace, NAMESPACES, startInNetwork } from '../support/networked-monitor.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'command:ip');

test('the container has its interface, address and way out before its program runs', NEEDS, async (t) => {
  const place = makePlace(t);
  const command = ['sh', '-c', 'ip -o addr show dev eth0; ip route; ip -o link show dev eth0'];
  const monitor = await startInNetwork(t, place, { command, firstClient: 1 });
  await monitor.firstClient?.waitForExit();
  const output = monitor.firstClient?.output(1).toString() ?? '';
  assert.match(output, /inet 203\.0\.113\.2\/27 brd 203\.0\.113\.31 scope global eth0/);
  assert.match(output, /default via 203\.0\.113\.1 dev eth0/);
  assert.match(output, /02:42:cb:00:71:02/);
  // IPv6 is not asked for, so there is none.
  assert.doesNotMatch(output, /inet6/);
  await monitor.waitForEnd();
  await waitUntil('the end of the pair', () => !listInterfaces().includes(place.veth) || undefined);
});

const SERVER = `require('node:net').createServer((s) => s.end('from ' + s.remoteAddress)).listen(80, () => console.log('ready'))`;

test('a published port is reached by the host at every address, and not after the end', NEEDS, async (t) => {
  const place = makePlace(t);
  const hostPort = await findPort();
  const ports: readonly PublishedPort[] = [
    { protocol: 'tcp', hostIp: '0.0.0.0', hostPort, containerAddress: place.address, containerPort: 80 },
  ];
  const monitor = await startInNetwork(t, place, { command: [process.execPath, '-e', SERVER], firstClient: 1, ports });
  await waitUntil('the server', () => monitor.firstClient?.output(1).toString().includes('ready') || undefined);
  assert.match(await ask('127.0.0.1', hostPort), /^from .*203\.0\.113\.1$/);
  assert.match(await ask('203.0.113.1', hostPort), /^from /);
  assert.match(await ask(place.address, 80), /^from /);
  const holder = createServer();
  const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
    holder.once('error', resolve).listen(hostPort, '0.0.0.0'),
  );
  assert.equal(error.code, 'EADDRINUSE');
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  await monitor.waitForEnd();
  await assert.rejects(ask('127.0.0.1', hostPort), { code: 'ECONNREFUSED' });
});

test('a port that somebody has fails the start, and nothing stays', NEEDS, async (t) => {
  const place = makePlace(t);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '0.0.0.0', resolve));
  t.after(() => holder.close());
  const { port: hostPort } = holder.address() as { readonly port: number };
  const ports: readonly PublishedPort[] = [
    { protocol: 'tcp', hostIp: '0.0.0.0', hostPort, containerAddress: place.address, containerPort: 80 },
  ];
  const monitor = await startInNetwork(t, place, { command: ['true'], ports });
  const { failed } = (await monitor.readStatus()) as { readonly failed: Record<string, string> };
  assert.equal(failed['operation'], 'port');
  assert.equal(failed['errno'], 'EADDRINUSE');
  assert.equal(failed['target'], 'the port');
  await monitor.waitForEnd();
  assert.ok(!listInterfaces().includes(place.veth));
});

test('a container that is started again has its network again', NEEDS, async (t) => {
  const place = makePlace(t);
  const command = ['sh', '-c', 'ip -o -4 addr show dev eth0; exit 1'];
  const settings: readonly PlanSetting[] = [NAMESPACES, ['restart', 'on-failure', 2]];
  const monitor = await startInNetwork(t, place, { command, settings, firstClient: 1 });
  await monitor.firstClient?.waitForExit();
  const lines = monitor.firstClient?.output(1).toString().trim().split('\n') ?? [];
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /203\.0\.113\.2\/27/);
});

test('in a user namespace the container owns its network', NEEDS, async (t) => {
  const place = makePlace(t);
  const map = '0 100000 65536\n';
  const settings: readonly PlanSetting[] = [
    [...NAMESPACES, 'user'],
    ['uid-map', map],
    ['gid-map', map],
  ];
  // To bring an interface up needs CAP_NET_ADMIN in the user namespace that owns the network.
  const command = ['sh', '-c', 'ip -o -4 addr show dev eth0 && ip link set lo up && echo owner'];
  const monitor = await startInNetwork(t, place, { command, settings, firstClient: 1 });
  await monitor.firstClient?.waitForExit();
  assert.match(monitor.firstClient?.output(1).toString() ?? '', /203\.0\.113\.2\/27[\s\S]*owner/);
});

test('the firewall has the rules of networks that are up: others may have the subnet of one that is not', {
  ...requires('root', 'command:nft'),
}, async (t) => {
  const { links, table, addNetwork } = makeBridgeWorld(t);
  const [first, second] = [addNetwork(), addNetwork()];
  const listKnown = () => {
    const rules = execFileSync('nft', ['list', 'table', 'inet', table], { encoding: 'utf8' });
    return [first, second].filter(({ interfaceName }) => rules.includes(interfaceName));
  };
  await links.up(first);
  assert.deepEqual(listKnown(), [first]);
  await links.up(second);
  assert.deepEqual(listKnown(), [first, second]);
  await links.down(first);
  assert.deepEqual(listKnown(), [second]);
});
