import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { releaseAddresses } from '../../src/engine/networks/endpoint-rows.js';
import type { NetworkParts } from '../../src/engine/networks/network-parts.js';
import type { AddressPool, NetworkConfig } from '../../src/model/network.js';
import { makeNetworkWorld, takeEndpoint } from '../support/network-world.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/take-addresses.js', import.meta.url));

async function makeNetwork(t: TestContext, pool: Partial<AddressPool>, more: Partial<NetworkConfig> = {}) {
  const world = makeNetworkWorld(t);
  await world.service.create({ name: 'net', pools: [pool], ...more });
  return { ...world, network: world.parts.store.resolve('net') };
}

const countRows = ({ database }: NetworkParts): number =>
  Number(database.get('SELECT count(*) AS n FROM endpoint_addresses WHERE container_id IS NOT NULL')?.['n']);

test('containers get the lowest free addresses, and one that is given back is given again', async (t) => {
  const { parts, network } = await makeNetwork(t, { subnet: '10.1.0.0/24' });
  const [first, second] = [takeEndpoint(parts, network), takeEndpoint(parts, network)];
  assert.deepEqual([first.ipAddress, second.ipAddress], ['10.1.0.2', '10.1.0.3']);
  assert.deepEqual([first.prefixLength, first.gateway, first.macAddress], [24, '10.1.0.1', '02:42:0a:01:00:02']);
  parts.addresses.release(first.endpointId);
  assert.equal(takeEndpoint(parts, network).ipAddress, '10.1.0.2');
});

test('the range, the gateway and auxiliary addresses decide what there is to give', async (t) => {
  const pool = { subnet: '10.67.0.0/24', ipRange: '10.67.0.64/30', auxAddresses: { a: '10.67.0.65' } };
  const { parts, network } = await makeNetwork(t, pool);
  assert.equal(network.pools[0]?.gateway, '10.67.0.64');
  assert.equal(takeEndpoint(parts, network).ipAddress, '10.67.0.66');
  assert.equal(takeEndpoint(parts, network).ipAddress, '10.67.0.67');
  assert.equal(takeEndpoint(parts, network, { ipAddress: '10.67.0.200' }).ipAddress, '10.67.0.200');
  assert.throws(() => takeEndpoint(parts, network), {
    kind: 'internal',
    message: `no available IPv4 addresses on this network's address pools: net (${network.id})`,
  });
});

test('an address that is asked for is given once, and none of the network’s own', async (t) => {
  const { parts, network } = await makeNetwork(t, { subnet: '10.1.0.0/24', auxAddresses: { router: '10.1.0.9' } });
  assert.equal(takeEndpoint(parts, network, { ipAddress: '10.1.0.2' }).ipAddress, '10.1.0.2');
  for (const ipAddress of ['10.1.0.2', '10.1.0.1', '10.1.0.9', '10.1.0.0', '10.1.0.255']) {
    const taken = { kind: 'permission-denied', message: 'Address already in use' };
    assert.throws(() => takeEndpoint(parts, network, { ipAddress }), taken, ipAddress);
  }
  assert.throws(() => takeEndpoint(parts, network, { ipAddress: '10.2.0.1' }), {
    message: "Invalid address 10.2.0.1: It does not belong to any of this network's subnets",
  });
  assert.equal(takeEndpoint(parts, network).ipAddress, '10.1.0.3');
});

test('a network with both versions gives both, or none where one is missing', async (t) => {
  const world = makeNetworkWorld(t);
  const pools = [{ subnet: '10.5.0.0/29' }, { subnet: 'fd00:5::/64' }];
  await world.service.create({ name: 'six', enableIpv6: true, pools });
  const network = world.parts.store.resolve('six');
  const made = takeEndpoint(world.parts, network, { ip6Address: 'FD00:5:0::9' });
  assert.deepEqual([made.ip6Address, made.ip6PrefixLength, made.ip6Gateway], ['fd00:5::9', 64, 'fd00:5::1']);
  assert.equal(takeEndpoint(world.parts, network).ip6Address, 'fd00:5::2');
  assert.throws(() => takeEndpoint(world.parts, network, { ip6Address: 'fd00:5::9' }), { kind: 'permission-denied' });
  assert.equal(takeEndpoint(world.parts, network).ipAddress, '10.5.0.4');
});

test('a network without IPv4 has MAC addresses of its own, and a MAC that is asked for is kept', async (t) => {
  const pool = { subnet: 'fd00:6::/64' };
  const { parts, network } = await makeNetwork(t, pool, { enableIpv4: false, enableIpv6: true });
  const endpoint = takeEndpoint(parts, network);
  assert.equal(endpoint.ipAddress, undefined);
  assert.match(endpoint.macAddress ?? '', /^02:42(:[0-9a-f]{2}){4}$/);
  assert.equal(takeEndpoint(parts, network, { macAddress: '92:D0:C6:0A:29:33' }).macAddress, '92:d0:c6:0a:29:33');
});

test('a container gives all back when its row goes, and when it is told to', async (t) => {
  const { parts, network } = await makeNetwork(t, { subnet: '10.1.0.0/24' });
  const one = takeEndpoint(parts, network);
  const other = takeEndpoint(parts, network);
  parts.database.run('DELETE FROM containers WHERE id = ?', one.endpointId);
  assert.equal(countRows(parts), 1);
  releaseAddresses(parts.database, other.endpointId);
  assert.equal(countRows(parts), 0);
  assert.equal(parts.addresses.isUsed(network.id), false);
});

test('a start that fails leaves none of the addresses of its networks', async (t) => {
  const { parts, network } = await makeNetwork(t, { subnet: '10.1.0.0/30' });
  takeEndpoint(parts, network);
  const attempt = () =>
    parts.database.transaction(() => {
      takeEndpoint(parts, network, { ipAddress: '10.1.0.3' });
    });
  assert.throws(attempt, { kind: 'permission-denied' });
  assert.equal(countRows(parts), 1);
});

test('three processes that put 200 containers into a network give no address twice', async (t) => {
  const { parts, root, network } = await makeNetwork(t, { subnet: '10.1.0.0/24' });
  const children = [70, 70, 60].map((count) => spawn(process.execPath, [PROGRAM, root, 'net', String(count)]));
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const readers = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  await Promise.all(readers.map((reader) => reader.next()));
  for (const child of children) child.stdin.end('go\n');
  const taken = await Promise.all(
    readers.map(async (reader) => {
      const lines: string[] = [];
      for await (const line of { [Symbol.asyncIterator]: () => reader }) lines.push(line);
      return lines;
    }),
  );
  await Promise.all(children.map(async (child) => child.exitCode ?? (await once(child, 'exit'))));
  const all = taken.flat();
  assert.equal(all.length, 200);
  assert.equal(new Set(all).size, 200);
  assert.equal(countRows(parts), 200);
  const next = takeEndpoint(parts, network);
  assert.equal(next.ipAddress, '10.1.0.202');
});
