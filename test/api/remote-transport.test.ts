import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { serveApi } from '../../src/api/server/serve-api.js';
import { parseRemoteEndpoint } from '../../src/model/remote-endpoint.js';
import { openApi } from '../support/api.js';
import { openRemote } from '../support/contract-engines.js';
import { refuses } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = ['root', 'overlay', 'command:busybox'] as const;

test(
  'ssh is asked for docker’s dial-stdio, and what it says is told',
  requires(...needs, 'command:docker'),
  async (t) => {
    const { host } = await openApi(t);
    const folder = makeTemporaryFolder(t);
    // It is ssh in all but the way: its last words are run by a shell.
    const script = `#!/bin/sh\necho "$@" >> ${folder}/asked\n[ "$1" = -l ] || { echo no route to host >&2; exit 255; }\nDOCKER_HOST=${host} exec docker system dial-stdio\n`;
    writeFileSync(join(folder, 'ssh'), script);
    chmodSync(join(folder, 'ssh'), 0o755);
    usePath(t, folder);
    const engine = await openRemote(parseRemoteEndpoint('ssh://me@far.example:2222'));
    assert.equal((await engine.system.info()).endpoint, 'ssh://me@far.example:2222');
    const { id } = await engine.containers.create({
      image: 'busybox',
      command: ['cat'],
      openStdin: true,
      stdinOnce: true,
    });
    const streams = await engine.containers.attach(id, { stdin: true, stdout: true });
    await engine.containers.start(id);
    await streams.write(Buffer.from('far away'));
    await streams.closeStdin();
    let text = '';
    for await (const { bytes } of streams.output) text += Buffer.from(bytes).toString();
    assert.equal(text, 'far away');
    await engine.close();
    const [asked] = readFileSync(join(folder, 'asked'), 'utf8').split('\n');
    assert.equal(asked, '-l me -p 2222 -o ConnectTimeout=30 -T -- far.example docker system dial-stdio');
    await refuses(openRemote(parseRemoteEndpoint('ssh://far.example')), 'unavailable', /no route to host/);
  },
);

function usePath(t: TestContext, folder: string): void {
  const { PATH } = process.env;
  process.env['PATH'] = `${folder}:${PATH}`;
  t.after(() => {
    process.env['PATH'] = PATH;
  });
}

test('TLS is checked by both', requires(...needs, 'command:openssl'), async (t) => {
  const folder = makeTemporaryFolder(t);
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...name], { stdio: 'ignore' });
  const engine = await makeEngineWorld(t).open();
  const api = await serveApi(engine, {
    endpoints: [{ kind: 'tcp', host: '127.0.0.1', port: 0, tls: { certificate, key, clientAuthority: certificate } }],
    warn: () => undefined,
  });
  try {
    const port = new URL(api.urls[0]?.replace('tcp:', 'http:') ?? '').port;
    const url = `tcp://localhost:${port}`;
    const both = { authority: certificate, certificate, key, verify: true };
    const remote = await openRemote(parseRemoteEndpoint(url, both));
    assert.equal((await remote.images.list()).length, 1);
    await remote.close();
    const unknown = openRemote(parseRemoteEndpoint(url, { certificate, key, verify: true }));
    await refuses(unknown, 'unavailable', /self.signed certificate/);
    await refuses(
      openRemote(parseRemoteEndpoint(url, { authority: certificate, verify: true })),
      'unavailable',
      /connect/,
    );
  } finally {
    await api.stop();
  }
});

test('the version is the older one of both, and one that is too old is refused', async (t) => {
  const asked: string[] = [];
  let version = '1.30';
  const folder = makeTemporaryFolder(t);
  const path = join(folder, 'old.sock');
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('Api-Version', version).end('{}');
  }).listen(path);
  t.after(() => server.close());
  const engine = await openRemote({ kind: 'unix', path });
  await engine.system.version();
  await engine.close();
  assert.deepEqual(asked, ['/_ping', '/v1.30/version']);
  version = '1.12';
  await refuses(openRemote({ kind: 'unix', path }), 'invalid-argument', /1\.12 of Docker's API, which is too old/);
});
