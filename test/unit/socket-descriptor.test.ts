import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fstatSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { findDescriptor } from '../../src/api/server/socket-descriptor.js';

test('a plain socket has a descriptor until it is closed, and nothing else has one', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const descriptor = findDescriptor(socket);
  assert.ok(descriptor !== undefined);
  assert.equal(readlinkSync(`/proc/self/fd/${descriptor}`), `socket:[${fstatSync(descriptor).ino}]`);
  const secured = new TLSSocket(socket);
  secured.on('error', () => undefined);
  assert.equal(findDescriptor(secured), undefined);
  assert.equal(findDescriptor(Duplex.from({ readable: new PassThrough(), writable: new PassThrough() })), undefined);
  socket.destroy();
  assert.equal(findDescriptor(socket), undefined);
});
