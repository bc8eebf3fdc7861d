import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { CODE, encodeAnswer, encodeQuery, TYPE } from '../support/dns-messages.js';
import { ownLoopbackAddress, startUpstream } from '../support/dns-upstream.js';
import { requires } from '../support/requires.js';
import { startResolver } from '../support/resolver-container.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'command:nsenter');

function withId(bytes: Buffer, id: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id & 0xffff, 0);
  return copy;
}

test('other names are asked of the server outside, and its answer comes back as it is', NEEDS, async (t) => {
  const answers: Buffer[] = [];
  const upstream = await startUpstream(t, (query) => {
    answers.push(encodeAnswer(query, ['192.0.2.7', '192.0.2.8']));
    return answers.slice(-1);
  });
  const client = await startResolver(t, { servers: [upstream.address] }).connect();
  for (const protocol of ['udp', 'tcp'] as const) {
    const query = encodeQuery({ name: 'WWW.example', type: TYPE.A, id: 4711, room: 1400 });
    const answer = await client.ask(query, protocol);
    assert.deepEqual(answer?.bytes, withId(answers.at(-1) ?? Buffer.alloc(2), 4711));
    assert.deepEqual(withId(upstream.queries.at(-1)?.bytes ?? Buffer.alloc(2), 4711), query);
  }
});

test('each query goes out under an id and from a port that cannot be foretold', NEEDS, async (t) => {
  const upstream = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
  const client = await startResolver(t, { servers: [upstream.address] }).connect();
  for (let i = 0; i < 30; i++) await client.ask({ name: `n${i}.example`, id: 1 });
  const ids = new Set(upstream.queries.map(({ id }) => id));
  const ports = new Set(upstream.queries.map(({ port }) => port));
  assert.ok(ids.size >= 28 && ports.size >= 25, `${ids.size} ids, ${ports.size} ports`);
  const steps = upstream.queries.slice(1).map(({ port }, index) => port - (upstream.queries[index]?.port ?? 0));
  assert.ok(new Set(steps).size > 20, steps.join(' '));
});

test('an answer of another id or to another question does not count', NEEDS, async (t) => {
  const upstream = await startUpstream(t, (query) => [
    withId(encodeAnswer(query, ['192.0.2.66']), query.readUInt16BE(0) + 1),
    withId(encodeAnswer(encodeQuery({ name: 'evil.example' }), ['192.0.2.67']), query.readUInt16BE(0)),
    query,
    Buffer.from('hello'),
    encodeAnswer(query, ['192.0.2.1']),
  ]);
  const client = await startResolver(t, { servers: [upstream.address] }).connect();
  assert.deepEqual(await client.resolve('good.example'), ['192.0.2.1']);
});

test('the next server is asked where one does not listen, is silent, or refuses', NEEDS, async (t) => {
  const silent = await startUpstream(t, () => []);
  const refusing = await startUpstream(t, (query) => [encodeAnswer(query, [], CODE.refused)]);
  const failing = await startUpstream(t, (query) => [encodeAnswer(query, [], CODE.serverFailure)]);
  const good = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
  const closed = ownLoopbackAddress();
  const lists = [
    [closed, good.address],
    [refusing.address, failing.address, good.address],
    [silent.address, good.address],
  ];
  for (const servers of lists) {
    const client = await startResolver(t, { servers }).connect();
    const answers = await Promise.all([client.ask({ name: 'a.example' }), client.ask({ name: 'a.example' }, 'tcp')]);
    assert.deepEqual(
      answers.map((answer) => answer?.answers.map(({ data }) => data)),
      [['192.0.2.1'], ['192.0.2.1']],
    );
  }
});

test('where no server helps, the query fails or has the answer of the last one', NEEDS, async (t) => {
  const refusing = await startUpstream(t, (query) => [encodeAnswer(query, [], CODE.refused)]);
  const silent = await startUpstream(t, () => []);
  const closed = ownLoopbackAddress();
  const expected = [
    [[], CODE.serverFailure],
    [[closed], CODE.serverFailure],
    [[closed, closed, closed], CODE.serverFailure],
    [[closed, refusing.address], CODE.refused],
    [[silent.address], CODE.serverFailure],
  ] as const;
  for (const [servers, code] of expected) {
    const client = await startResolver(t, { servers }).connect();
    const answers = await Promise.all([client.ask({ name: 'a.example' }), client.ask({ name: 'a.example' }, 'tcp')]);
    assert.deepEqual(
      answers.map((answer) => [answer?.code, answer?.question?.name]),
      [
        [code, 'a.example'],
        [code, 'a.example'],
      ],
    );
  }
});

test('a long answer comes whole over TCP, and one query after the other on a connection', NEEDS, async (t) => {
  const addresses = Array.from({ length: 4000 }, (_, index) => `10.${index >> 8}.${index & 255}.1`);
  const upstream = await startUpstream(t, (query) => [encodeAnswer(query, addresses)]);
  const client = await startResolver(t, { servers: [upstream.address] }).connect();
  const queries = Array.from({ length: 5 }, (_, index) => encodeQuery({ name: `n${index}.example`, id: index }));
  const answers = await client.askAll(queries, 'tcp');
  assert.deepEqual(
    answers.map(({ id, answers: records }) => [id, records.length]),
    queries.map((_, index) => [index, 4000]),
  );
});

test('more clients over TCP than there are places for wait, and are all answered', NEEDS, async (t) => {
  const upstream = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
  const client = await startResolver(t, { servers: [upstream.address] }).connect();
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => client.ask({ name: `n${index}.example` }, 'tcp', 20_000)),
  );
  assert.ok(answers.every((answer) => answer?.answers.length === 1));
});

test('who waits for an answer beyond the first 1,024 is told that there is none', NEEDS, async (t) => {
  const upstream = await startUpstream(t, () => []);
  const container = startResolver(t, { servers: [upstream.address] });
  const client = await container.connect();
  // In pieces, so that none is lost on its way.
  let failed = 0;
  for (let piece = 0; piece < 24 && failed === 0; piece++) {
    const queries = Array.from({ length: 50 }, (_, id) => encodeQuery({ name: `n${piece}.example`, id }));
    const answers = await client.askAll(queries, 'udp', 100);
    assert.ok(answers.every(({ code }) => code === CODE.serverFailure));
    failed = answers.length;
    assert.ok(failed === 0 || piece >= 20, `${piece} pieces`);
  }
  assert.ok(failed > 0);
  await waitUntil('the descriptors of before', () => countDescriptors(container.monitor.pid) < 24);
});

test('a flood of 10,000 queries leaves the descriptors where they were', NEEDS, async (t) => {
  const upstream = await startUpstream(t, (query) => [encodeAnswer(query, ['192.0.2.1'])]);
  const container = startResolver(t, { servers: [upstream.address] });
  const client = await container.connect();
  const before = countDescriptors(container.monitor.pid);
  let answered = 0;
  for (let piece = 0; piece < 100; piece++) {
    const queries = Array.from({ length: 100 }, (_, id) => encodeQuery({ name: `n${piece}.example`, id }));
    answered += (await client.askAll(queries, 'udp', 5000)).filter(({ code }) => code === CODE.ok).length;
    assert.ok(countDescriptors(container.monitor.pid) <= before + 16);
  }
  t.diagnostic(`${answered} answered`);
  assert.ok(answered > 9000, `${answered} answered`);
  await waitUntil('the descriptors of before', () => countDescriptors(container.monitor.pid) <= before);
  assert.deepEqual(await client.resolve('a.example'), ['192.0.2.1']);
});

function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
