import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLinkEnvironment } from '../../src/engine/containers/link-environment.js';

test('a linked container is told as Docker tells it: ports of TCP first, rows of ports, its variables', () => {
  const linked = {
    alias: 'my-db',
    recipient: 'web',
    address: '172.17.0.5',
    ports: ['53/udp', '8081/tcp', '53/tcp', '8080/tcp'],
    env: { PATH: '/bin', HOME: '/root', MODE: 'fast' },
  };
  const ofPort = (port: number, protocol: string) => {
    const name = `MY_DB_PORT_${port}_${protocol.toUpperCase()}`;
    const url = `${protocol}://172.17.0.5:${port}`;
    return { [name]: url, [`${name}_ADDR`]: '172.17.0.5', [`${name}_PORT`]: `${port}`, [`${name}_PROTO`]: protocol };
  };
  assert.deepEqual(makeLinkEnvironment(linked), {
    MY_DB_PORT: 'tcp://172.17.0.5:53',
    ...ofPort(53, 'tcp'),
    ...ofPort(8080, 'tcp'),
    ...ofPort(8081, 'tcp'),
    ...ofPort(53, 'udp'),
    MY_DB_PORT_8080_TCP_START: 'tcp://172.17.0.5:8080',
    MY_DB_PORT_8080_TCP_PORT_START: '8080',
    MY_DB_PORT_8080_TCP_END: 'tcp://172.17.0.5:8081',
    MY_DB_PORT_8080_TCP_PORT_END: '8081',
    MY_DB_NAME: '/web/my-db',
    MY_DB_ENV_MODE: 'fast',
  });
});

test('one that exposes nothing has a name and variables alone', () => {
  const linked = { alias: 'db', recipient: 'web', address: '172.17.0.5', ports: [], env: { A: '1' } };
  assert.deepEqual(makeLinkEnvironment(linked), { DB_NAME: '/web/db', DB_ENV_A: '1' });
});
