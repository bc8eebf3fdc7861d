import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4Routes, parseIpv6Routes } from '../../src/engine/networks/host-routes.js';
import type { ContainerId } from '../../src/model/ids.js';
import { formatSubnet } from '../../src/model/ip-address.js';
import { makeNetworkWorld, takeEndpoint } from '../support/network-world.js';

const subnetsOf = (network: { readonly pools: readonly { readonly subnet: string }[] }) =>
  network.pools.map(({ subnet }) => subnet);

test('the default network, host and none are always there and cannot be removed', async (t) => {
  const { service, parts } = makeNetworkWorld(t);
  const names = (await service.list()).map((network) => network.name);
  assert.deepEqual(names, ['bridge', 'host', 'none']);
  const [first, again] = [await service.inspect('bridge'), await service.inspect('default')];
  assert.equal(first.id, again.id);
  assert.match(first.interfaceName ?? '', /^gantry-[0-9a-f]{7}$/);
  assert.equal(parts.store.list().length, 3);
  for (const name of names) {
    await assert.rejects(service.remove(name), {
      kind: 'permission-denied',
      message: `${name} is a pre-defined network and cannot be removed`,
    });
  }
  await assert.rejects(service.inspect('backend'), { kind: 'not-found', message: 'network backend not found' });
});

test('networks take the first default pools that neither a route of the host nor another network has', async (t) => {
  const routes = ['172.18.5.0/24', '172.20.0.0/14', '192.168.16.7/32'];
  const { service } = makeNetworkWorld(t, { routes });
  const taken: string[] = [];
  for (let index = 0; index < 12; index++) {
    const { id } = await service.create({ name: `n${index}` });
    taken.push(...subnetsOf(await service.inspect(id)));
  }
  const slash16 = [17, 19, 24, 25, 26, 27, 28, 29, 30, 31].map((octet) => `172.${octet}.0.0/16`);
  assert.deepEqual(taken, [...slash16, '192.168.0.0/20', '192.168.32.0/20']);
});

test('a subnet that is asked for overlaps no other network’s, and holds nothing that the host reaches', async (t) => {
  const { service, links } = makeNetworkWorld(t, { routes: ['10.0.0.0/8', '192.168.7.0/24'] });
  await service.create({ name: 'part', pools: [{ subnet: '10.9.0.0/24' }] });
  const refused = {
    kind: 'permission-denied',
    message: 'invalid pool request: Pool overlaps with other one on this address space',
  };
  for (const subnet of ['10.9.0.0/24', '10.9.0.128/25', '10.9.0.0/16', '192.168.7.0/24', '192.168.0.0/16']) {
    await assert.rejects(service.create({ name: 'other', pools: [{ subnet }] }), refused, subnet);
  }
  // The network of the host itself.
  await service.create({ name: 'lan', driver: 'macvlan', pools: [{ subnet: '192.168.7.0/24' }] });
  assert.deepEqual([...links.names], ['part', 'lan']);
});

test('when no default pool is free a network without a subnet is refused, and nothing of it is left', async (t) => {
  const { service, parts, links } = makeNetworkWorld(t, { routes: ['172.16.0.0/12', '192.168.0.0/16'] });
  await assert.rejects(service.create({ name: 'full' }), {
    message: 'all predefined address pools have been fully subnetted',
  });
  assert.deepEqual([parts.store.list().map(({ name }) => name), [...links.names]], [['host', 'none'], []]);
  assert.equal((await service.list()).length, 2);
  await service.create({ name: 'own', pools: [{ subnet: '10.0.0.0/24' }] });
});

test('a network of IPv6 has a subnet of unique local addresses where none is asked for', async (t) => {
  const { service } = makeNetworkWorld(t);
  const { id } = await service.create({ name: 'six', enableIpv6: true });
  const { pools } = await service.inspect(id);
  assert.match(pools[1]?.subnet ?? '', /^fd[0-9a-f:]+::\/64$/);
  assert.match(pools[1]?.gateway ?? '', /::1$/);
});

test('a subnet of IPv6 is not used without IPv6, and that is said', async (t) => {
  const { service } = makeNetworkWorld(t);
  const { id, warnings } = await service.create({ name: 'four', pools: [{ subnet: 'fd00::/64' }] });
  assert.deepEqual(warnings, ['subnet fd00::/64 is not used: the network has no IPv6, use --ipv6']);
  assert.deepEqual(subnetsOf(await service.inspect(id)), ['172.17.0.0/16']);
});

test('a network that the host cannot make leaves no row', async (t) => {
  const { service, parts, links } = makeNetworkWorld(t);
  links.failure = 'cannot make bridge: EPERM';
  await assert.rejects(service.create({ name: 'broken' }), { kind: 'unavailable', message: links.failure });
  assert.equal(parts.store.findByName('broken'), undefined);
  links.failure = undefined;
  await service.create({ name: 'broken' });
  assert.ok(links.names.has('broken'));
});

test('a network goes with its name, its id or the beginning of it, unless that could be two', async (t) => {
  const { service, parts, links } = makeNetworkWorld(t);
  const { id } = await service.create({ name: 'one' });
  assert.equal((await service.inspect(id.slice(0, 8))).name, 'one');
  const made = parts.store.resolve('one');
  const twin = `${id.slice(0, 10)}${id[10] === '0' ? '1' : '0'}${id.slice(11)}` as typeof id;
  parts.store.insert({ ...made, id: twin, name: 'two', interfaceName: 'br-two' });
  await assert.rejects(service.inspect(id.slice(0, 8)), {
    kind: 'invalid-argument',
    message: `network ${id.slice(0, 8)} is ambiguous (2 matches found based on ID prefix)`,
  });
  await service.remove('one');
  assert.deepEqual([...links.names], []);
  assert.equal((await service.inspect(id.slice(0, 8))).name, 'two');
});

test('a network with an address in use cannot be removed', async (t) => {
  const member = { containerId: 'c'.repeat(64) as ContainerId, containerName: 'web', endpointId: 'e'.repeat(64) };
  const { service, parts, links } = makeNetworkWorld(t, { users: { listMembers: () => [member] } });
  await service.create({ name: 'busy' });
  const endpoint = takeEndpoint(parts, parts.store.resolve('busy'));
  await assert.rejects(service.remove('busy'), {
    kind: 'permission-denied',
    message: `error while removing network: network busy has active endpoints (name:"web" id:"${'e'.repeat(12)}")`,
  });
  assert.ok(links.names.has('busy'));
  parts.addresses.release(endpoint.endpointId);
  await service.remove('busy');
  await assert.rejects(service.remove('busy'), { kind: 'not-found' });
});

test('prune removes what no container has, by label and age, and a preview removes nothing', async (t) => {
  const user = 'c'.repeat(64) as ContainerId;
  const used = new Set<string>();
  const { service, parts } = makeNetworkWorld(t, { users: { listUsers: (id) => (used.has(id) ? [user] : []) } });
  await service.list();
  await service.create({ name: 'free' });
  await service.create({ name: 'labelled', labels: { keep: 'yes' } });
  used.add((await service.create({ name: 'used' })).id);
  const withoutLabels = { keep: undefined };
  const preview = { preview: true };
  assert.deepEqual((await service.prune({ ...preview, withoutLabels })).removed, ['free']);
  assert.deepEqual((await service.prune({ ...preview, without: [user] })).removed, ['free', 'labelled', 'used']);
  assert.deepEqual((await service.prune({ untilMs: 1 })).removed, []);
  assert.deepEqual((await service.prune({ labels: { keep: 'yes' } })).removed, ['labelled']);
  assert.deepEqual((await service.prune()).removed, ['free']);
  assert.deepEqual(
    parts.store.list().map(({ name }) => name),
    ['bridge', 'host', 'none', 'used'],
  );
});

test('the host’s routes are read without those that lead everywhere', () => {
  const ipv4 = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  ].join('\n');
  assert.deepEqual(parseIpv4Routes(ipv4).map(formatSubnet), ['192.168.0.0/24']);
  const line = (destination: string, prefix: string) =>
    `${destination} ${prefix} ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001 eth0`;
  const lan = `fd00${'0'.repeat(28)}`;
  const linkLocal = `fe80${'0'.repeat(28)}`;
  const ipv6 = [line(lan, '40'), line(linkLocal, '40'), line('0'.repeat(32), '00')].join('\n');
  assert.deepEqual(parseIpv6Routes(ipv6).map(formatSubnet), ['fd00::/64']);
});
