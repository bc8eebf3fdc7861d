import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import type { ContainerNames } from '../../src/engine/networks/name-files.js';
import { CODE, encodeAnswer, encodeQuery, TYPE } from '../support/dns-messages.js';
import { startUpstream } from '../support/dns-upstream.js';
import { requires } from '../support/requires.js';
import { makeContainerId, makeNetworkId, startResolver } from '../support/resolver-container.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'command:nsenter');

const WEB: ContainerNames = {
  networkName: 'back.end',
  addresses: ['10.20.0.2', 'fd20::2'],
  names: ['Web', '0123456789ab', 'www'],
};
const DB: ContainerNames = { networkName: 'back.end', addresses: ['10.20.0.3'], names: ['db', 'all'] };

/** A container in a network with the two above. */
async function startAmong(t: TestContext, servers: readonly string[] = []) {
  const network = makeNetworkId();
  const container = startResolver(t, { networks: [network], servers });
  const web = makeContainerId();
  const db = makeContainerId();
  container.write(network, web, WEB);
  container.write(network, db, DB);
  return { container, network, web, db, client: await container.connect() };
}

test(
  'a container is found by name, short id, alias and with the name of its network, over UDP and TCP',
  NEEDS,
  async (t) => {
    const { client } = await startAmong(t);
    for (const protocol of ['udp', 'tcp'] as const) {
      for (const name of ['web', 'WEB', 'web.', '0123456789ab', 'www', 'web.back.end', 'www.Back.END.']) {
        const answer = await client.ask({ name, id: 77 }, protocol);
        assert.equal(answer?.code, CODE.ok, name);
        assert.deepEqual(answer.answers, [
          { name: name.replace(/\.$/, ''), type: TYPE.A, ttl: 600, data: '10.20.0.2' },
        ]);
        assert.deepEqual(answer.question, { name: name.replace(/\.$/, ''), type: TYPE.A });
        assert.ok(answer.isResponse && answer.isRecursive && !answer.isTruncated && answer.id === 77);
      }
    }
  },
);

test('a name has the addresses of the family that is asked for, and no answer in another one', NEEDS, async (t) => {
  const { client } = await startAmong(t);
  assert.deepEqual(await client.resolve('web', TYPE.AAAA), ['fd20:0:0:0:0:0:0:2']);
  assert.deepEqual(await client.resolve('web', TYPE.ANY), ['10.20.0.2', 'fd20:0:0:0:0:0:0:2']);
  for (const type of [TYPE.AAAA, TYPE.MX, TYPE.TXT]) {
    const answer = await client.ask({ name: 'db', type });
    assert.equal(answer?.code, CODE.ok);
    assert.deepEqual(answer.answers, []);
  }
});

test('an address is resolved to the name and the network of its container', NEEDS, async (t) => {
  const { client } = await startAmong(t);
  assert.deepEqual(await client.resolve('2.0.20.10.in-addr.arpa', TYPE.PTR), ['Web.back.end']);
  const nibbles = `2${'.0'.repeat(27)}.0.2.d.f`.replace('.0.2.d.f', '.0.2.d.f');
  assert.equal(nibbles.split('.').length, 32);
  assert.deepEqual(await client.resolve(`${nibbles}.ip6.arpa`, TYPE.PTR), ['Web.back.end']);
  assert.equal((await client.ask({ name: '9.0.20.10.in-addr.arpa', type: TYPE.PTR }))?.code, CODE.serverFailure);
});

test('the resolver is at its own address only', NEEDS, async (t) => {
  const { container } = await startAmong(t);
  const client = await container.connect('127.0.0.1');
  assert.equal(await client.ask({ name: 'web' }, 'tcp'), undefined);
  assert.equal(await client.ask({ name: 'web' }, 'udp', 100), undefined);
});

test('containers under one alias answer in turns', NEEDS, async (t) => {
  const { container, network, client } = await startAmong(t);
  container.write(network, makeContainerId(), { ...DB, addresses: ['10.20.0.4'], names: ['db2', 'all'] });
  container.write(network, makeContainerId(), { ...DB, addresses: ['10.20.0.5'], names: ['db3', 'all'] });
  const firsts: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    const answer = await client.ask({ name: 'all' });
    assert.equal(answer?.answers.length, 3);
    firsts.push(answer.answers[0]?.data);
  }
  assert.deepEqual([...firsts.slice(0, 3)].sort(), ['10.20.0.3', '10.20.0.4', '10.20.0.5']);
  assert.deepEqual(firsts.slice(3), firsts.slice(0, 3));
});

test('names come, change and go while the container runs', NEEDS, async (t) => {
  const { container, network, client, web } = await startAmong(t);
  const late = makeContainerId();
  assert.deepEqual(await client.resolve('late'), []);
  for (let i = 1; i < 40; i++) {
    container.write(network, late, { ...DB, addresses: [`10.20.1.${i}`], names: ['late'] });
    assert.deepEqual(await client.resolve('late'), [`10.20.1.${i}`]);
  }
  container.remove(network, late);
  assert.equal((await client.ask({ name: 'late' }))?.code, CODE.serverFailure);
  container.remove(network, web);
  assert.equal((await client.ask({ name: 'web' }))?.code, CODE.serverFailure);
  assert.deepEqual(await client.resolve('db'), ['10.20.0.3']);
});

test("a link counts for the container that has it, and leads to the other one's addresses", NEEDS, async (t) => {
  const { container, network, client } = await startAmong(t);
  container.write(network, container.id, {
    ...DB,
    addresses: ['10.20.0.9'],
    names: ['self'],
    links: { store: 'db', web: 'db' },
  });
  container.write(network, makeContainerId(), {
    ...DB,
    addresses: ['10.20.0.8'],
    names: ['o'],
    links: { theirs: 'db' },
  });
  assert.deepEqual(await client.resolve('store'), ['10.20.0.3']);
  assert.deepEqual(await client.resolve('web'), ['10.20.0.3']);
  assert.deepEqual(await client.resolve('store.back.end'), ['10.20.0.3']);
  assert.deepEqual(await client.resolve('theirs'), []);
});

test('of several networks the first that knows a name answers, and another is asked by its name', NEEDS, async (t) => {
  const [first, second] = [makeNetworkId(), makeNetworkId()];
  const container = startResolver(t, { networks: [first, second] });
  container.write(first, makeContainerId(), { networkName: 'one', addresses: ['10.1.0.2'], names: ['c', 'a.b'] });
  container.write(second, makeContainerId(), { networkName: 'two', addresses: ['10.2.0.2'], names: ['c', 'd'] });
  const client = await container.connect();
  assert.deepEqual(await client.resolve('c'), ['10.1.0.2']);
  assert.deepEqual(await client.resolve('c.two'), ['10.2.0.2']);
  assert.deepEqual(await client.resolve('d'), ['10.2.0.2']);
  assert.deepEqual(await client.resolve('a.b'), ['10.1.0.2']);
  assert.deepEqual(await client.resolve('a.b.one'), ['10.1.0.2']);
  assert.equal((await client.ask({ name: 'd.one' }))?.code, CODE.serverFailure);
});

test('what is no query is refused or passed over in silence, as by a server of Docker', NEEDS, async (t) => {
  const { client } = await startAmong(t);
  const query = encodeQuery({ name: 'web' });
  const change = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(query);
    bytes[offset] = value;
    return bytes;
  };
  const codes = [
    [change(5, 2), CODE.formatError],
    [change(5, 0), CODE.formatError],
    [change(12, 0xc0), CODE.formatError],
    [query.subarray(0, 20), CODE.formatError],
    [change(2, 0x29), CODE.notImplemented],
  ] as const;
  for (const protocol of ['udp', 'tcp'] as const) {
    for (const [bytes, code] of codes) {
      const answer = await client.ask(bytes, protocol);
      assert.equal(answer?.code, code);
      assert.equal(answer.id, 0x1234);
    }
  }
  // Nothing comes for these, but for the query after them.
  const silent = [Buffer.alloc(0), query.subarray(0, 11), change(2, 0x81)];
  const answers = await client.askAll([...silent, encodeQuery({ name: 'db', id: 9 })], 'udp', 300);
  assert.deepEqual(
    answers.map(({ id }) => id),
    [9],
  );
  assert.equal(await client.ask(change(2, 0x81), 'tcp'), undefined);
});

test(
  'more addresses than fit are left out over UDP, and told over TCP and to who takes longer messages',
  NEEDS,
  async (t) => {
    const { container, network, client } = await startAmong(t);
    for (let i = 0; i < 60; i++) {
      container.write(network, makeContainerId(), { ...DB, addresses: [`10.20.3.${i}`], names: [`many${i}`, 'many'] });
    }
    const short = await client.ask({ name: 'many' });
    assert.ok(short?.isTruncated && short.bytes.length <= 512 && short.answers.length > 20 && !short.hasOptions);
    const long = await client.ask({ name: 'many', room: 4096 });
    assert.ok(long && !long.isTruncated && long.hasOptions);
    assert.equal(new Set(long.answers.map(({ data }) => data)).size, 60);
    assert.equal((await client.ask({ name: 'many' }, 'tcp'))?.answers.length, 60);
  },
);

test('a network without a way out tells no server what is asked in it', NEEDS, async (t) => {
  const upstream = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
  const network = makeNetworkId();
  const container = startResolver(t, { networks: [network], servers: [upstream.address], flags: 'internal' });
  container.write(network, makeContainerId(), WEB);
  const client = await container.connect();
  for (const protocol of ['udp', 'tcp'] as const) {
    assert.equal((await client.ask({ name: 'secret.example' }, protocol))?.code, CODE.serverFailure);
    assert.equal(
      (await client.ask({ name: '1.2.0.192.in-addr.arpa', type: TYPE.PTR }, protocol))?.code,
      CODE.serverFailure,
    );
    assert.deepEqual((await client.ask({ name: 'web' }, protocol))?.answers.length, 1);
  }
  assert.deepEqual(upstream.queries, []);
});

test('names of ours are asked of nobody else', NEEDS, async (t) => {
  const upstream = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
  const { client } = await startAmong(t, [upstream.address]);
  await client.resolve('web', TYPE.MX);
  await client.resolve('db', TYPE.AAAA);
  await client.resolve('3.0.20.10.in-addr.arpa', TYPE.PTR);
  assert.deepEqual(await client.resolve('other'), ['192.0.2.1']);
  assert.deepEqual(
    upstream.queries.map(({ name }) => name),
    ['other'],
  );
});

test(
  "busybox's nslookup inside the container finds a name and an address",
  requires('root', 'command:nsenter', 'command:busybox'),
  async (t) => {
    const { container } = await startAmong(t);
    const pid = String((await container.monitor.waitForLine('start'))['pid']);
    const look = (word: string) =>
      waitUntil('nslookup', () => {
        const { status, stdout } = spawnSync('nsenter', ['-t', pid, '-n', 'busybox', 'nslookup', word, '127.0.0.11']);
        return status === 0 && stdout.toString();
      });
    assert.match(await look('web'), /10\.20\.0\.2/);
    assert.match(await look('10.20.0.3'), /db\.back\.end/);
  },
);
