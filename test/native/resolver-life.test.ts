import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodePlan } from '../../src/engine/isolation/init-plan-encoding.js';
import { CODE, encodeAnswer, encodeQuery } from '../support/dns-messages.js';
import { startUpstream } from '../support/dns-upstream.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { makeContainerId, makeNetworkId, startResolver } from '../support/resolver-container.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'command:nsenter');

test(
  'a container that is started again has its resolver again, and nothing of the network before',
  NEEDS,
  async (t) => {
    const upstream = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
    const network = makeNetworkId();
    const settings = [['restart', 'always', 0]] as const;
    const container = startResolver(t, { networks: [network], servers: [upstream.address], settings });
    container.write(network, container.id, { networkName: 'net', addresses: ['10.20.0.2'], names: ['self'] });
    const ask = async (): Promise<void> => {
      const client = await container.connect();
      assert.deepEqual(await client.resolve('self'), ['10.20.0.2']);
      assert.deepEqual(await client.resolve('a.example'), ['192.0.2.1']);
      assert.equal((await client.ask({ name: 'self' }, 'tcp'))?.answers.length, 1);
    };
    const countAll = (): number => readdirSync(`/proc/${container.monitor.pid}/fd`).length;
    await ask();
    const before = await waitUntil('the streams to end', () => countAll());
    for (let run = 2; run < 5; run++) {
      const killer = await container.monitor.attach(0);
      killer.send(6, Buffer.from([9]));
      await container.monitor.waitForLine('start', run);
      killer.close();
      await ask();
    }
    await waitUntil('the descriptors of before', () => countAll() <= before);
  },
);

test('while a container waits to be started again its resolver holds nothing of its network', NEEDS, async (t) => {
  const settings = [['restart', 'always', 0]] as const;
  const command = ['sh', '-c', 'exit 3'];
  const containers = [true, false].map((hasResolver) => startResolver(t, { command, settings, hasResolver }));
  // By then the wait is 1.6 s long.
  await Promise.all(containers.map(({ monitor }) => monitor.waitForLine('restarting', 5)));
  const [withOne, without] = containers.map(({ monitor }) => countSockets(monitor.pid));
  assert.equal(withOne, without);
});

test('the end of a container takes its names from the folders, and leaves those of others', NEEDS, async (t) => {
  const networks = [makeNetworkId(), makeNetworkId()];
  const other = makeContainerId();
  const container = startResolver(t, { networks });
  const names = { networkName: 'net', addresses: ['10.20.0.2'], names: ['self'] };
  for (const network of networks) {
    container.write(network, container.id, names);
    container.write(network, other, names);
  }
  await container.monitor.readStatus();
  const killer = await container.monitor.attach(0);
  killer.send(6, Buffer.from([9]));
  await container.monitor.waitForEnd();
  for (const network of networks) assert.deepEqual(readdirSync(join(container.names, network)), [other]);
});

test('a container that cannot start leaves no names', NEEDS, async (t) => {
  const network = makeNetworkId();
  const container = startResolver(t, { networks: [network], command: ['/none'], settings: [['handshake']] });
  container.write(network, container.id, { networkName: 'net', addresses: ['10.20.0.2'], names: ['self'] });
  await container.monitor.readCreated();
  container.monitor.status.write('g');
  assert.ok('failed' in (await container.monitor.readStatus()));
  await container.monitor.waitForEnd();
  assert.deepEqual(readdirSync(join(container.names, network)), []);
});

test('a resolver comes, knows other networks and goes by a change of the network', NEEDS, async (t) => {
  const [first, second] = [makeNetworkId(), makeNetworkId()];
  const container = startResolver(t, { hasResolver: false });
  container.write(first, makeContainerId(), { networkName: 'one', addresses: ['10.1.0.2'], names: ['a'] });
  container.write(second, makeContainerId(), { networkName: 'two', addresses: ['10.2.0.2'], names: ['b'] });
  const client = await container.connect();
  assert.equal(await client.ask({ name: 'a' }, 'tcp'), undefined);
  assert.deepEqual(await container.change({ networks: [first] }), { ok: true });
  assert.deepEqual([await client.resolve('a'), await client.resolve('b')], [['10.1.0.2'], []]);
  assert.deepEqual(await container.change({ networks: [first, second] }), { ok: true });
  assert.deepEqual([await client.resolve('a'), await client.resolve('b')], [['10.1.0.2'], ['10.2.0.2']]);
  assert.deepEqual(await container.change({ networks: [second], servers: ['no address'] }), {
    error: 'EINVAL',
    message: '"no address" is no list of addresses',
  });
  assert.deepEqual(await client.resolve('a'), ['10.1.0.2']);
  assert.deepEqual(await container.change({ networks: [second] }), { ok: true });
  assert.deepEqual([await client.resolve('a'), await client.resolve('b')], [[], ['10.2.0.2']]);
  assert.deepEqual(await container.change({ hasResolver: false }), { ok: true });
  assert.equal(await client.ask({ name: 'b' }, 'tcp'), undefined);
});

test('a record that cannot be served is refused before anything is started', requires('root'), async (t) => {
  const id = makeContainerId();
  const records = [
    ['65536', '/names', id, '', ''],
    ['x', '/names', id, '', ''],
    ['53', 'names', id, '', ''],
    ['53', '/names', '../id', '', ''],
    ['53', '/names', '', '', ''],
    ['53', '/names', id, '', '1.2.3'],
    ['53', '/names', id, '', '1.1.1.1,example.com'],
    ['53', '/names', id, '', '', '..'],
  ];
  for (const [port = '', ...fields] of records) {
    const plan = encodePlan({ settings: [['resolver', port, ...fields]], operations: [] });
    const monitor = startMonitor(t, { command: ['true'], settings: [['network', plan, '/none']] });
    const { failed } = (await monitor.readStatus()) as { readonly failed?: { readonly operation: string } };
    assert.equal(failed?.operation, 'resolver', [port, ...fields].join(' '));
    await monitor.waitForEnd();
  }
});

test(
  'a resolver takes little memory, and a container without one pays nothing',
  requires('root', 'command:nsenter', 'command:musl-gcc'),
  async (t) => {
    const network = makeNetworkId();
    const container = startResolver(t, { networks: [network] });
    const without = startResolver(t, { hasResolver: false });
    for (let i = 0; i < 100; i++) {
      const names = [`container${i}`, `${i}`.padStart(12, '0'), 'all'];
      container.write(network, makeContainerId(), { networkName: 'net', addresses: [`10.20.1.${i}`], names });
    }
    const client = await container.connect();
    await without.monitor.readStatus();
    const idle = privateKilobytes(without.monitor.pid);
    const unused = privateKilobytes(container.monitor.pid);
    for (let i = 0; i < 100; i++) assert.deepEqual(await client.resolve(`container${i}`), [`10.20.1.${i}`]);
    const used = privateKilobytes(container.monitor.pid);
    t.diagnostic(`private memory: ${idle} kB without, ${unused} kB before the first query, ${used} kB with 100 names`);
    assert.ok(unused - idle <= 32, `${unused - idle} kB more before the first query`);
    assert.ok(used - idle <= 128, `${used - idle} kB more`);
  },
);

test('many who wait for an answer take bounded memory, and give it back', NEEDS, async (t) => {
  const upstream = await startUpstream(t, () => []);
  const container = startResolver(t, { servers: [upstream.address] });
  const client = await container.connect();
  const before = privateKilobytes(container.monitor.pid);
  for (let piece = 0; piece < 24; piece++) {
    const queries = Array.from({ length: 50 }, (_, id) => encodeQuery({ name: `${'n'.repeat(60)}.example`, id }));
    await client.askAll(queries, 'udp', 20);
  }
  const most = privateKilobytes(container.monitor.pid);
  t.diagnostic(`private memory: ${before} kB before, ${most} kB with what waits`);
  assert.ok(most - before <= 1024, `${most - before} kB more`);
  const answer = await client.ask({ name: 'last.example' }, 'tcp', 15_000);
  assert.equal(answer?.code, CODE.serverFailure);
});

function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => readlinkSync(join(folder, name)).startsWith('socket:')).length;
}

function privateKilobytes(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB$/gm);
  return [...lines].reduce((sum, [, size]) => sum + Number(size), 0);
}
