import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createSocketInput } from '../../src/api/server/socket-input.js';
import { makeConnection } from '../support/given-connection.js';
import { waitUntil } from '../support/wait-until.js';

async function* noBody(): AsyncGenerator<Uint8Array> {}

async function open(t: TestContext) {
  const { client, given } = await makeConnection(t);
  return { client, given, input: createSocketInput(given, noBody()) };
}

async function waitForBytes(socket: Socket, count: number): Promise<void> {
  socket.read(0);
  await waitUntil(`${count} bytes`, () => socket.readableLength === count);
}

test('input that is held stays in the socket, and comes when it is resumed', async (t) => {
  const { client, given, input } = await open(t);
  const bytes = input.bytes[Symbol.asyncIterator]();
  const first = bytes.next();
  client.write('one');
  assert.equal(String((await first).value), 'one');
  let isHeld = false;
  const held = input.hold().then(() => {
    isHeld = true;
  });
  client.write('two');
  await waitForBytes(given, 3);
  assert.equal(isHeld, false, 'what was given is in use yet');
  const second = bytes.next();
  await held;
  assert.equal(given.readableLength, 3);
  input.resume();
  assert.equal(String((await second).value), 'two');
  client.end();
  assert.equal((await bytes.next()).done, true);
});

test('a connection that breaks off is no end of the input', async (t) => {
  const { given, input } = await open(t);
  const next = input.bytes[Symbol.asyncIterator]().next();
  given.destroy();
  await assert.rejects(next, /broken off/);
});
