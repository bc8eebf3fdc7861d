import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { EngineError } from '../../src/model/errors.js';
import { type ApiAnswer, type ApiWorld, openApi } from '../support/api.js';
import { startNew } from '../support/contract-steps.js';
import { bytesOf, fuzz, jsonOf, readCorpus } from '../support/fuzz.js';
import { isMessage } from '../support/malformed.js';
import { mutateBytes } from '../support/mutate.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

const PATHS: Readonly<Record<string, string>> = {
  'container-create': 'POST /v1.51/containers/create',
  'network-create': 'POST /v1.51/networks/create',
  'volume-create': 'POST /v1.51/volumes/create',
  'container-update': 'POST /v1.51/containers/kept/update',
  'exec-create': 'POST /v1.51/containers/kept/exec',
};

/** A 4xx with a message is a refusal; what the server takes for its own fault is a finding. */
function judge({ status, headers, text }: ApiAnswer): void {
  if (status < 400) return;
  assert.ok(status < 500 || status === 501, `${status} ${text}`);
  assert.equal(headers['content-type'], 'application/json');
  assert.ok(isMessage(text), text);
  throw new EngineError('invalid-argument', text);
}

/** Nothing is kept of what was made; the container `kept` is. */
async function clear({ engine }: ApiWorld): Promise<void> {
  for (const { id, name } of await engine.containers.list({ all: true })) {
    if (name !== 'kept') await engine.containers.remove(id, { force: true, volumes: true });
  }
  await engine.networks.prune();
  await engine.volumes.prune({ all: true });
}

test('bodies that are changed anywhere are taken or refused with a message', needs, async (t) => {
  const world = await openApi(t);
  await startNew(world.engine, { name: 'kept' });
  for (const [corpus, request] of Object.entries(PATHS)) {
    const [method = '', path = ''] = request.split(' ');
    const headers = { 'Content-Type': 'application/json' };
    for (const body of readCorpus(corpus)) {
      const { status, text } = await world.send(method, path, { headers, body });
      assert.ok(status < 300, `the corpus itself is refused: ${text}`);
      await clear(world);
    }
    await fuzz(t, {
      rounds: 20,
      ...jsonOf(readCorpus(corpus)),
      async run(body) {
        const answer = await world.send(method, path, { headers, body });
        if (answer.status === 201) await clear(world);
        judge(answer);
      },
    });
    assert.deepEqual(world.warnings, [], request);
  }
  assert.equal((await world.send('GET', '/_ping')).text, 'OK');
});

test('queries that are changed anywhere are answered or refused with a message', needs, async (t) => {
  const world = await openApi(t);
  await startNew(world.engine, { name: 'kept' });
  const paths = readCorpus('query').flatMap((bytes) => bytes.toString().split('\n').filter(Boolean));
  const corpus = paths.map((path) => Buffer.from(path));
  await fuzz(t, {
    rounds: 100,
    make: (random) =>
      `/${mutateBytes(random, corpus)
        .toString('latin1')
        .replaceAll(/[^!-~]/g, encodeURIComponent)
        .slice(1)}`,
    run: async (path) => judge(await world.send('GET', path)),
  });
  assert.deepEqual(world.warnings, []);
});

test('bytes that are hardly HTTP end their connection, and the server goes on', needs, async (t) => {
  const world = await openApi(t);
  let answers = 0;
  await fuzz(t, {
    rounds: 100,
    ...bytesOf(readCorpus('http')),
    async run(bytes) {
      const socket = connect(world.socketPath);
      let answer = '';
      socket.on('data', (piece) => {
        answer += piece.toString('latin1');
      });
      // It is closed before all of it has been read.
      socket.on('error', () => undefined);
      const closed = once(socket, 'close');
      socket.end(bytes);
      await closed;
      answers++;
      assert.doesNotMatch(answer, /^HTTP\/1\.1 50[02-9]/m);
      if (!answer.startsWith('HTTP/1.1 2')) throw new EngineError('invalid-argument', answer);
    },
  });
  assert.ok(answers > 0);
  assert.deepEqual(world.warnings, []);
  assert.equal((await world.send('GET', '/_ping')).text, 'OK');
});
