import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { findPort } from '../support/find-port.js';
import { openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeSecondHost } from '../support/second-host.js';
import { waitUntil } from '../support/wait-until.js';

/** Answers each association with what it was told and by whom. IPPROTO_SCTP is 132. */
const SERVE = `
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
server.bind(('0.0.0.0', 7000))
server.listen(5)
print('ready', flush=True)
while True:
    client, address = server.accept()
    client.sendall(b'heard ' + client.recv(100) + b' from ' + address[0].encode())
    client.close()
`;

const ASK = `
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
client.settimeout(10)
try:
    client.connect((sys.argv[1], int(sys.argv[2])))
    client.sendall(b'hello')
    print(client.recv(100).decode())
except OSError as error:
    print('no answer')
`;

test('a published SCTP port leads to its container, from the host, from others and from containers', {
  ...requires('root', 'overlay', 'sctp', 'command:ip', 'command:python3'),
  timeout: 600_000,
}, async (t) => {
  const gantry = openGantry();
  t.after(() => gantry.close());
  const { print } = gantry;
  const host = makeSecondHost(t);
  const port = await findPort();
  const ask = (address: string, by: readonly string[] = []): string => {
    const [program = '', ...words] = [...by, '/usr/bin/python3', '-c', ASK, address, String(port)];
    return execFileSync(program, words, { encoding: 'utf8' }).trim();
  };
  const published = ['-p', `${port}:7000/sctp`];
  await print('run', '-d', '--name', 'server', ...published, 'host', '/usr/bin/python3', '-c', SERVE);
  await waitUntil('the server', async () => (await print('logs', 'server')).includes('ready') || undefined);
  assert.match(await print('port', 'server'), new RegExp(`^7000/sctp -> 0\\.0\\.0\\.0:${port}$`, 'm'));
  const gateway = await print('inspect', '-f', '{{.NetworkSettings.Networks.bridge.Gateway}}', 'server');
  assert.equal(ask('127.0.0.1'), `heard hello from ${gateway}`);
  assert.equal(ask(host.hostAddress), `heard hello from ${host.hostAddress}`);
  assert.equal(ask(host.hostAddress, host.by), `heard hello from ${host.address}`);
  const asked = ['host', '/usr/bin/python3', '-c', ASK, gateway, String(port)];
  assert.equal(await print('run', '--rm', ...asked), `heard hello from ${gateway}`);
  // Nobody else gets the port while the container has it, and nothing leads there when it has gone.
  assert.match(await gantry.refusal('run', '--rm', ...published, 'host', 'true'), /port is already allocated/);
  await print('rm', '-f', 'server');
  assert.equal(ask('127.0.0.1'), 'no answer');
});
