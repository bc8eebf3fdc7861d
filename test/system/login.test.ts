import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, connect as openConnection } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRegistryService } from '../../src/engine/registry/client/registry-service.js';
import { answer, startFakeRegistry } from '../support/fake-registry.js';
import { collect, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay');
const needsTls = requires('root', 'overlay', 'command:openssl');
const ANN = { kind: 'password', username: 'ann', password: 'secret' } as const;
const BASIC = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

test('a login is checked, kept, used by the next pull, and gone after logout', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', [makeTar([{ path: 'a' }])]);
  registry.hook = ({ headers }, response) =>
    headers.authorization === BASIC ? false : answer(response, 401, { 'www-authenticate': 'Basic realm="r"' });
  const { parts, service, root } = openImages(t);
  const registries = createRegistryService(parts.registries);
  await assert.rejects(registries.login(registry.host, { ...ANN, password: 'wrong' }), {
    kind: 'unauthorized',
    message: `login attempt to ${registry.origin}/v2/ failed with status: 401 Unauthorized`,
  });
  assert.equal(await registries.checkLogin(registry.host), undefined);
  assert.deepEqual(await registries.login(registry.host, ANN), { plainFile: join(root, '.docker/config.json') });
  assert.equal(await registries.checkLogin(`http://${registry.host}/v2/`), 'ann');
  await collect(service.pull(`${registry.host}/x:1`));
  assert.equal(await registries.logout(registry.host), true);
  assert.equal(await registries.logout(registry.host), false);
  await assert.rejects(collect(service.pull(`${registry.host}/x:1`)), { kind: 'unauthorized' });
});

test('an identity token that the token server gives is kept in place of the password', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.hook = ({ path, headers, method, body }, response) => {
    if (path === '/token' && method === 'POST') {
      const isKnown = body.toString().includes('grant_type=refresh_token&refresh_token=R1');
      return isKnown ? answer(response, 200, {}, JSON.stringify({ access_token: 'T' })) : answer(response, 401, {});
    }
    if (path === '/token') {
      return headers.authorization === BASIC
        ? answer(response, 200, {}, JSON.stringify({ token: 'T', refresh_token: 'R1' }))
        : answer(response, 401, {}, JSON.stringify({ details: 'incorrect username or password' }));
    }
    return headers.authorization === 'Bearer T'
      ? false
      : answer(response, 401, { 'www-authenticate': `Bearer realm="${registry.origin}/token",service="s"` });
  };
  const { parts, root } = openImages(t);
  const registries = createRegistryService(parts.registries);
  await assert.rejects(registries.login(registry.host, { ...ANN, password: 'wrong' }), {
    kind: 'unauthorized',
    message: `Get "${registry.origin}/v2/": unauthorized: incorrect username or password`,
  });
  await registries.login(registry.host, ANN);
  const kept = readFileSync(join(root, '.docker/config.json'), 'utf8');
  assert.match(kept, /"identitytoken": "R1"/);
  assert.ok(!kept.includes(Buffer.from('ann:secret').toString('base64')));
  assert.equal(await registries.checkLogin(registry.host), 'ann');
});

test('manifests, tags and searches of a registry', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  const digest = registry.add('1', [makeTar([{ path: 'a' }])]);
  registry.hook = ({ path, query }, response) => {
    if (path === '/v1/search') return answer(response, 404, {});
    if (path === '/v2/_catalog') return answer(response, 200, {}, JSON.stringify({ repositories: ['team/web', 'db'] }));
    if (path !== '/v2/team/web/tags/list') return false;
    const link: Record<string, string> =
      query.get('last') === null ? { link: '</v2/team/web/tags/list?last=b>; rel="next"' } : {};
    return answer(
      response,
      200,
      link,
      JSON.stringify({ tags: query.get('last') === null ? ['b', null, digest] : ['a'] }),
    );
  };
  const registries = createRegistryService(openImages(t).parts.registries);
  const found = await registries.manifest(`${registry.host}/team/web:1`);
  assert.equal(found.descriptor.digest, digest);
  assert.equal(found.reference, `${registry.host}/team/web:1@${digest}`);
  await assert.rejects(registries.manifest(`${registry.host}/team/web:2`), {
    kind: 'not-found',
    message: `no such manifest: ${registry.host}/team/web:2`,
  });
  assert.deepEqual(await registries.tags(`${registry.host}/team/web`), ['a', 'b']);
  assert.deepEqual(
    (await registries.search(`${registry.host}/we`)).map(({ name }) => name),
    [`${registry.host}/team/web`],
  );
});

/** A certificate for 127.0.0.1 by an authority of its own, and one for a client. */
function makeCertificates(t: TestContext) {
  const folder = makeTemporaryFolder(t);
  const run = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority', '-days', '2');
  for (const [name, san] of [
    ['server', 'IP:127.0.0.1'],
    ['client', 'DNS:client'],
  ] as const) {
    run(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.cert`,
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-addext',
      `subjectAltName=${san}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    );
  }
  return { folder, read: (name: string) => readFileSync(join(folder, name), 'utf8') };
}

test('TLS: a host of its own authority wants certs.d, which may hold a client certificate too', needsTls, async (t) => {
  const { folder, read } = makeCertificates(t);
  const tls = {
    cert: read('server.cert'),
    key: read('server.key'),
    ca: read('ca.crt'),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const registry = await startFakeRegistry(t, tls);
  registry.add('1', [makeTar([{ path: 'a' }])]);
  const certificates = makeTemporaryFolder(t);
  const host = join(certificates, registry.host);
  mkdirSync(host);
  const pull = () =>
    collect(openImages(t, undefined, { certificateFolders: [certificates] }).service.pull(`${registry.host}/x:1`));
  // Loopback need not have a certificate that holds; but this one wants one of the client.
  await assert.rejects(pull(), { kind: 'unavailable' });
  for (const name of ['ca.crt', 'client.cert', 'client.key']) copyFileSync(join(folder, name), join(host, name));
  await pull();
});

test(
  'TLS: what is not on loopback must have a certificate that holds, and goes through the proxy',
  needsTls,
  async (t) => {
    const { folder, read } = makeCertificates(t);
    const registry = await startFakeRegistry(t, { cert: read('server.cert'), key: read('server.key') });
    registry.add('1', [makeTar([{ path: 'a' }])]);
    const [, port = ''] = registry.host.split(':');
    const seen: string[] = [];
    const proxy = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (head) => {
        seen.push(head.toString().split('\r\n')[0] ?? '');
        // Wherever it is to go, it goes to the registry.
        const onward = openConnection(Number(port), '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
        socket.on('close', () => onward.destroy());
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.after(() => proxy.close());
    const address = proxy.address();
    assert.ok(typeof address === 'object' && address !== null);
    const env = { HTTPS_PROXY: `http://127.0.0.1:${address.port}` };
    const certificates = makeTemporaryFolder(t);
    const pull = (host: string, insecure: readonly string[] = []) =>
      collect(
        openImages(t, undefined, { env, insecure, certificateFolders: [certificates] }).service.pull(`${host}/x:1`),
      );
    await assert.rejects(pull('reg.test'), {
      kind: 'unavailable',
      message:
        'Get "https://reg.test/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    });
    assert.deepEqual(seen, ['CONNECT reg.test:443 HTTP/1.1']);
    mkdirSync(join(certificates, 'reg.test'));
    copyFileSync(join(folder, 'ca.crt'), join(certificates, 'reg.test/ca.crt'));
    await assert.rejects(pull('reg.test'), /x509: certificate is not valid for reg.test/);
    await pull('reg.test', ['reg.test']);
  },
);

test(
  'a mirror of Docker Hub is asked first, without what is meant for the Hub, and passed over where it fails',
  needs,
  async (t) => {
    const mirror = await startFakeRegistry(t);
    const digest = mirror.add('1', [makeTar([{ path: 'a' }])]);
    const env = { HTTPS_PROXY: 'http://127.0.0.1:9' };
    const { service } = openImages(t, undefined, { mirrors: [mirror.origin], env });
    await collect(service.pull('busybox:1', { credentials: ANN }));
    assert.deepEqual((await service.inspect('busybox:1')).repoDigests, [`busybox@${digest}`]);
    for (const { headers, path } of mirror.seen) {
      assert.equal(headers.authorization, undefined);
      assert.match(path, /^\/v2\/(library\/busybox\/.*)?$/);
    }
    // The Hub itself cannot be reached from here: its error is the one that is told.
    await assert.rejects(collect(service.pull('busybox:2')), {
      kind: 'unavailable',
      message: /registry-1\.docker\.io/,
    });
  },
);
