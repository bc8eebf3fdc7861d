import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openRegistry, sendRequest } from '../support/registry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

/** A certificate for 127.0.0.1 that signs itself, and its key. */
function makeCertificate(t: TestContext, name = 'server') {
  const folder = makeTemporaryFolder(t);
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...subject], { stdio: 'ignore' });
  return { certificate, key };
}

test('HTTPS is served with a certificate, and plain HTTP is not', requires('command:openssl'), async (t) => {
  const tls = makeCertificate(t);
  const world = await openRegistry(t, { tls });
  assert.match(world.url, /^https:/);
  const ca = readFileSync(tls.certificate, 'utf8');
  assert.equal((await sendRequest(world.url, 'GET', { path: '/v2/', ca })).status, 200);
  await assert.rejects(sendRequest(world.url, 'GET', { path: '/v2/' }), /self-signed/);
  await assert.rejects(sendRequest(world.url.replace('https', 'http'), 'GET', { path: '/v2/' }));
});

test('with a client authority, only its certificates come in', requires('command:openssl'), async (t) => {
  const tls = makeCertificate(t);
  const client = makeCertificate(t, 'client');
  const world = await openRegistry(t, { tls: { ...tls, clientAuthority: client.certificate } });
  const ca = readFileSync(tls.certificate);
  const statusWith = (own: object) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${world.url}/v2/`, { agent: false, ca, ...own }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject).end();
    });
  await assert.rejects(statusWith({}));
  const own = { cert: readFileSync(client.certificate), key: readFileSync(client.key) };
  assert.equal(await statusWith(own), 200);
});

test('a key that is another certificate’s is refused at the start', requires('command:openssl'), async (t) => {
  const [one, other] = [makeCertificate(t), makeCertificate(t)];
  const wrong = { certificate: one.certificate, key: other.key };
  await assert.rejects(openRegistry(t, { tls: wrong }), /cannot use .*server\.crt with .*server\.key/);
  writeFileSync(other.key, 'none');
  await assert.rejects(openRegistry(t, { tls: wrong }), /cannot use/);
  await assert.rejects(openRegistry(t, { tls: { ...one, key: '/nowhere' } }), /cannot read \/nowhere/);
});
